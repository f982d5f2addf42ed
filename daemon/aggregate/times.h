// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where windows are by a field: when records happened, and what of that is late or ahead. */

#include "aggregate/state.h"

/* Fills numbers and bounds, and drops from the selection what is late, which batch->late counts. */
void times_find(struct aggregate *aggregate, struct batch *batch);
