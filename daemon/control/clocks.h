// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/* What a main() does before it reads a clock: from then on all clocks are those of the kernel, by
 * which records have their times, also in a time namespace. False: they cannot be known, which is
 * logged. */
bool clocks_setup(void);
