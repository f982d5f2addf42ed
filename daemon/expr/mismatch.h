/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "expr/operand.h"

/* Refuses a comparison of operands whose types do not fit: says what each side is and what to write
 * instead, as in `uid is a number and "root" is text; compare with a number, as in uid == 0`.
 * spelling: the operator, or "in". */
int mismatch_refuse(const struct compile *compile, const struct node *node, const char *spelling,
                    const struct operand *left, const struct operand *right);
