// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An error by its name is what the output calls so: ENOENT is 2, and -2 as the kernel returns it,
 * also where an unsigned field has it. */

#include "expr/compare.h"
#include "expr/operand.h"

enum { ERROR_NUMBERS_MAX = 2 };

/* The values of left that the error's name stands for. Returns how many. */
uint32_t error_numbers(const struct operand *left, const struct operand *error,
                       wide ret[ERROR_NUMBERS_MAX]);

/* The term of left == error or left != error; left is not constant. */
int error_numbers_compare(struct compile *compile, enum op op, struct operand *left,
                          const struct operand *error, uint32_t first, uint32_t *ret_term);
