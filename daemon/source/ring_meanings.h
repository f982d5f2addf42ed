// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `as:`, the meanings of fields, set once for all types of a ring. */

#include "config/diag.h"
#include "source/ring_type.h"
#include "source/stream.h"

/* Gives each type's fields their meanings, chosen or by convention. Enums that meanings name are
 * looked up where types are. 0, or -errno after at least one message. */
int ring_meanings_give(const struct type_origin *origin, const struct ring_config *config,
                       struct stream *stream, struct diag *diag);
