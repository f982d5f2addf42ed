// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Meanings of built-in sources' fields that no name or type says, above all when a field is
 * unknown; as in struct ring_config. */

#include "schema/meaning.h"

/* Ended by one without a path; "FIRST..END" stands for the fields from FIRST up to, and without,
 * END. NULL: the source has none. */
const struct meaning_choice *builtin_meanings(const char *name);
