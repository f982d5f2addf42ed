// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Operators on numbers.
 *
 * An integer is unsigned or signed, of 64 bits, by its type alone:
 *
 *     + * / %     signed if an operand is, else unsigned
 *     - (both)    signed
 *     &           signed if both operands are, else unsigned
 *     | ^         signed if an operand is, else unsigned
 *     << >> ~     as the left operand
 *
 * The result is the exact one, as if integers had endlessly many bits (a negative one endlessly
 * many ones in front); where the type cannot hold it, it is null. / truncates towards 0 and % has
 * the sign of the left operand, as in C; >> rounds down. Dividing by 0 and shifting by less than 0
 * or more than 63 give null. ~ turns 64 bits over.
 *
 * Where an operand is a float, the other is made one and the result is one; a result that is not
 * finite is null. % & | ^ << >> ~ take integers only. */

#include "expr/operand.h"

/* left = left op right; both are consumed. node is what an error points at. */
int arithmetic_binary(struct compile *compile, const struct node *node, enum op op,
                      struct operand *left, struct operand *right);
/* NODE_NEGATE or NODE_COMPLEMENT, in place. */
int arithmetic_unary(struct compile *compile, const struct node *node, struct operand *operand);
