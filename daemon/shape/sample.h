// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* sample: {rate: N} lets one record in N through, by chance; with by:, one key in N, and then all
 * records of that key. Each carries in _weight how many it stands for. */
extern const struct handler_ops sample_ops;
