// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Terms over a batch's selection. */

#include <ringmill/ring.h>
#include <stdint.h>

#include "expr/term.h"

/* Narrows selection, n ascending indexes into views (n <= BATCH_MAX), in place. Returns how many
 * are left. Any thread. */
uint32_t eval_select(const struct expr *expr, const struct ringmill_view *views,
                     uint16_t *selection, uint32_t n);
