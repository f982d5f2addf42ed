// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>
#include <stdio.h>

/* Prints what people want to know of a status (docs/openapi.yaml): the verdict first, then sources,
 * pipelines and sinks. Whatever is missing in the object prints as 0 or "". */
void summary_print(const json_t *status, FILE *file);
