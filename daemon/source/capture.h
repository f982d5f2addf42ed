// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `capture:` sources: a file that a `capture` sink has written, as if its records came now. */

#include "source/kind.h"

extern const struct source_kind source_capture;
