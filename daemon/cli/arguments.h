// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reads a whole number from 1 to 10^15. Otherwise logs what is wrong with the option and returns
 * false. */
bool argument_count(const char *option, const char *text, uint64_t *ret_count);
