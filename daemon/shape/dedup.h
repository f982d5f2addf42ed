// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* dedup: {by: [uid, filename], window: 10s} lets the first record of a key through and suppresses
 * its repeats until the window has passed; the next one then carries their number in _suppressed.
 */
extern const struct handler_ops dedup_ops;
