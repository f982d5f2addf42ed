// SPDX-License-Identifier: Apache-2.0
#pragma once

/* For configs that a command writes itself. */

#include <stdio.h>

/* A YAML scalar in double quotes. */
void quoted_put(const char *text, FILE *file);
