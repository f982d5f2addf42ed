// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* All handlers there are, NULL-ended, for lookups, error messages and manuals. */
extern const struct handler_ops *const handler_kinds[];

/* Finds a built-in handler by its name; NULL: unknown name. */
const struct handler_ops *handler_find(const char *name);
