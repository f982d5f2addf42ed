// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values whose state is a histogram or a sketch. */

#include "aggregate/value.h"

extern const struct value_ops hist_value, quantile_value, distinct_value, top_value;

/* Before its place is taken: a hist() keeps the sum of its values, too. */
void hist_keep_sum(struct value *value);
double hist_sum(const struct value *value, const void *state);
