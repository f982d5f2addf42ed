// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* limit: {count: N} lets the first N records of each source through and no more; then it is
 * exhausted. */
extern const struct handler_ops limit_ops;
