// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ringmill/ring.h>

/* Writes the public sentence; reason may be NULL. Returns code, so that `return reason_set(...)`
 * reads well. */
int reason_set(struct ringmill_error *reason, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
