// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Programs over a batch's selection. */

#include "expr/program.h"

/* Narrows selection, n ascending indexes into the batch's views, in place. Returns how many are
 * left. */
uint32_t eval_select(struct expr *expr, const struct batch *batch, uint16_t *selection, uint32_t n);

/* Leaves the values of the batch's selection in the register expr->value. */
void eval_values(struct expr *expr, const struct batch *batch);
