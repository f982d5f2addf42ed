// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `capture:` sources: replay a file that a `capture` sink has written. */

#include "source/kind.h"

extern const struct source_kind source_capture;
