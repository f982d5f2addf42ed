// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Globals of a BPF object as people write them: their type in C, and their value as
 * `--constant NAME=VALUE` takes it. */

#include <jansson.h>

#include "source/constants.h"

enum { CONSTANT_TYPE_MAX = 128 };

/* Writes the type, as in "__u32" or "char[16]". */
void constant_type(const struct global_variable *constant, char text[CONSTANT_TYPE_MAX]);

/* An integer, true or false, a text (of char arrays and enums), a list of these, or of a struct an
 * object with its members. The caller owns it. */
json_t *constant_value(const struct global_variable *constant);
