// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The types of the variables that records are filled through or copied from, by the DWARF of the
 * functions that put them into a ring. */

#include <stddef.h>

#include "source/record_lengths.h"
#include "source/record_type.h"

struct record_variables;

/* 0 and what the caller frees; NULL where nothing is known of some call. -ENOMEM. */
int record_variables_read(const struct record_lengths *lengths, const void *elf, size_t size,
                          struct record_variables **ret);
/* Accepts NULL. */
void record_variables_free(struct record_variables *variables);

/* Calls take for each call of the lengths, with a type that lives as long as the variables. NULL:
 * there are none. */
void record_variables_each(const struct record_variables *variables,
                           void (*take)(void *context, const struct record_type *type),
                           void *context);
