// SPDX-License-Identifier: Apache-2.0
#pragma once

/* From the settings of a ring to the types of its stream: their layouts, how to tell which type a
 * record has, and the fields that order and number the records. */

#include "config/diag.h"
#include "source/ring_type.h"
#include "source/stream.h"

/* Fills the types, the selector, order and sequence of a stream; source_name is the source in
 * events. 0, or -EINVAL after at least one message. */
int stream_types_find(const struct type_origin *origin, const struct ring_config *config,
                      const char *source_name, struct stream *stream, struct diag *diag);
