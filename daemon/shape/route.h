// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

enum { ROUTE_CASES_MAX = 16 };

/* route: [{when: CONDITION, handlers: [...]}, ..., {handlers: [...]}] sends each record into the
 * first branch whose condition holds; the last one may have none and takes the rest. What no branch
 * takes is filtered. */
extern const struct handler_ops route_ops;
