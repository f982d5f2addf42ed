// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Calls of the language's functions. */

#include "expr/operand.h"

/* node is a NODE_CALL. Is it one that makes a condition? False also for unknown ones. */
bool function_is_condition(const struct node *node);
/* A call that makes a value. */
int function_value(struct compile *compile, const struct node *node, const struct beside *beside,
                   struct operand *ret);
