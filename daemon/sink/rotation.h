// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Decides when to rotate a file. Owned by the writer thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/file_config.h"

struct rotation {
    const struct file_config *config; /* outlives it */
    int64_t at;     /* ns, wall clock: the next multiple of rotate_every; INT64_MAX: never */
    int64_t events; /* since the file was opened; counted for rotate_events only */
};

/* Starts counting: a file was opened, or could not be rotated and is still written to. */
void rotation_begin(struct rotation *rotation, const struct file_config *config);
/* Returns whether to rotate before the next `more` bytes, if the file has `size` bytes. Sets the
 * next time again if the clock was set back. */
bool rotation_check(struct rotation *rotation, uint64_t size, size_t more);

/* How many of the bytes, in whole events, this file may still take: at least one event. */
size_t rotation_room(const struct rotation *rotation, enum framing framing, const char *bytes,
                     size_t size);
/* Counts the events of what was written. */
void rotation_count(struct rotation *rotation, enum framing framing, const char *bytes,
                    size_t size);
