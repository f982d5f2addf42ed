// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Sets that were kept and that nobody adopts: their programs go on and write into rings that are
 * read no more. On the loader thread, or by a command that has the rights. */

#include <stdint.h>

#include "base/error.h"
#include "source/kept.h"

enum { ORPHAN_FOLDERS_MAX = 64 };

/* What was passed to this process and not adopted; zeroed is empty. */
struct orphans {
    struct kept_list passed;
    const char *folders[ORPHAN_FOLDERS_MAX]; /* of pins; borrowed */
    uint32_t n_folders;
};

/* Looks at the pins in that folder, too. */
void orphans_add_folder(struct orphans *orphans, const char *folder);
/* After all sources were loaded: logs each of them, with the way to end it. */
void orphans_tell(struct orphans *orphans);
/* Ends those of the source of that name, or all (NULL); what a process reads stays. Returns how
 * many were ended, or -errno and a sentence: -EBUSY where somebody reads the one that is named,
 * another where that cannot be found out; it stays then. */
int orphans_end(struct orphans *orphans, const char *name, struct error *error);
void orphans_deinit(struct orphans *orphans);
