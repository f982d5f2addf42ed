// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Counts, sums and sketches of groups of records over windows; see docs/aggregation.md. */

#include "record/handler.h"

extern const struct handler_ops aggregate_ops;
