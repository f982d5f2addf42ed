// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What `ringmill schema` says of a BPF object: its rings and the types of their records, the types
 * that its author declared, programs and what this kernel lacks for them, and what can or must be
 * set. */

#include <jansson.h>
#include <stdio.h>

#include "base/error.h"

/* Surveys an object of those bytes, which are not changed; docs/schemas.md says what the keys mean.
 * The caller owns the result. NULL after a sentence: libbpf cannot open the object, or there is no
 * memory. */
json_t *object_survey(const void *bytes, size_t size, struct error *error);

/* Prints a survey so that it fits on one screen: of long lists the first entries, and how many
 * there are. */
void object_survey_print(const json_t *survey, FILE *file);
