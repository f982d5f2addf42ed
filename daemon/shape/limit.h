// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

enum { LIMIT_RATE_MAX = 1000000000 };

/* limit: {count: N} lets the first N records of each source through and no more; then it is
 * exhausted. limit: {rate: 100/s} lets so many through in so much time; with by:, so many of each
 * key. */
extern const struct handler_ops limit_ops;
