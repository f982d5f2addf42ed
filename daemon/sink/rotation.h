// SPDX-License-Identifier: Apache-2.0
#pragma once

/* When a file is to be left for a new one. Owned by the writer thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/file_config.h"

struct rotation {
    const struct file_config *config; /* outlives it */
    int64_t at;     /* ns, wall clock: the next multiple of rotate_every; INT64_MAX: never */
    int64_t events; /* since the file was opened; counted for rotate_events only */
};

/* A file was opened, or goes on although it was due. */
void rotation_begin(struct rotation *rotation, const struct file_config *config);
/* The file has `size` bytes, and `more` are to come. Follows a clock that was set back. */
bool rotation_is_due(struct rotation *rotation, uint64_t size, size_t more);

/* What of whole events this file still takes: at least one. */
size_t rotation_room(const struct rotation *rotation, enum framing framing, const char *bytes,
                     size_t size);
/* That much was written. */
void rotation_count(struct rotation *rotation, enum framing framing, const char *bytes,
                    size_t size);
