// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

enum { SELECT_FIELDS_MAX = 256 }; /* names under each of keep, drop and rename */

/* select: {keep: [...], drop: [...], rename: {old: new}, compute: {name: EXPRESSION}} says which
 * fields a record has from here on. All parts see it as it comes in. What is kept comes first, in
 * the order of keep, or else as it was; computed fields follow, but for those that take the place
 * of a field of the same name. */
extern const struct handler_ops select_ops;
