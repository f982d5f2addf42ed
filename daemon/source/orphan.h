// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Kept sets that no source adopts: their programs continue and write into rings that nobody reads.
 * On the loader thread, or by a command that has the rights. */

#include <stdint.h>

#include "base/error.h"
#include "source/kept_set.h"

enum { ORPHAN_FOLDERS_MAX = 64 };

/* Sets that were passed to this process and not adopted; zeroed is empty. */
struct orphans {
    struct kept_sets passed;
    const char *folders[ORPHAN_FOLDERS_MAX]; /* of pins; borrowed */
    uint32_t n_folders;
};

/* Searches the pins in that folder, too. */
void orphans_add_folder(struct orphans *orphans, const char *folder);
/* After all sources were loaded: logs each such set, and how to end it. */
void orphans_tell(struct orphans *orphans);
/* Ends the sets of the source of that name, or all (NULL); sets that a process reads stay. Returns
 * how many were ended, or -errno and a sentence: -EBUSY if the named one is in use, another if that
 * cannot be found out; then it stays. */
int orphans_end(struct orphans *orphans, const char *name, struct error *error);
/* Closes the sets that were passed to this process and not adopted. */
void orphans_deinit(struct orphans *orphans);
