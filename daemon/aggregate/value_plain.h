// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values whose state is a few numbers. */

#include "aggregate/value.h"

extern const struct value_ops count_value, rate_value, sum_value, mean_value, stddev_value,
    min_value, max_value, first_value, last_value;
