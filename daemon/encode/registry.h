// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The formats that there are. */

#include "encode/encoder.h"

/* NULL when there is no such format. */
const struct encoder_ops *encoder_find(const char *name);

/* The name at an index, in the order of the table; NULL past the end. For error messages. */
const char *encoder_name(size_t index);

/* All names, joined by ", ", for error messages. */
enum { ENCODER_NAMES_MAX = 128 };
void encoder_names(char out[ENCODER_NAMES_MAX]);
