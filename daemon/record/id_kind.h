// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which ids the resolver knows names for. */

#include <stdbool.h>

#include "base/resolver.h"
#include "record/schema.h"

/* False: values of that meaning are not ids with names. */
bool id_kind_of(enum field_meaning meaning, enum resolver_kind *ret);
