// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "encode/encoder.h"

/* All formats there are, NULL-ended, for lookups, error messages and manuals. */
extern const struct encoder_ops *const encoder_kinds[];

/* NULL when there is no such format. */
const struct encoder_ops *encoder_find(const char *name);
