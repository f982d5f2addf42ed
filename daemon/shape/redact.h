// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

enum { REDACT_FIELDS_MAX = 64 };

/* redact: {fields: {args: drop, comm: mask, filename: hash}, key_file: PATH} makes values
 * unreadable: gone, as stars, or as a keyed hash that only shows which are the same. */
extern const struct handler_ops redact_ops;
