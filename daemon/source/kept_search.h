// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Finds the sets of a source that earlier processes left. On the loader thread. */

#include <stdbool.h>

#include "base/error.h"
#include "source/kept_set.h"

struct object_source;
struct source;

/* Lists the sets that are attached or have unread records, the oldest first, each with a ledger,
 * with `cut` and `foreign` set. Sets that are over are dropped, and those that the running graph
 * reads are left out. The identity of the source must be known. The list must be empty, and is the
 * caller's. 0, or -errno and a sentence: -EBUSY if another process reads one of them. */
int kept_search(const struct source *source, struct kept_sets *list, struct error *error);

/* Whether the programs of the set are those that the source would load. */
bool kept_search_is_same(const struct object_source *state, const struct kept_set *kept);
