// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The names of open(2)'s flags, which are macros and so in no type information. */

#include "record/field.h"

extern const struct field open_flags_names; /* an enum of them, of this machine's architecture */
