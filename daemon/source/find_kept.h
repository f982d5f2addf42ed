// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The sets of a source that earlier processes left. On the loader thread. */

#include <stdbool.h>

#include "base/error.h"
#include "source/kept.h"

struct object_source;
struct source;

/* Those that have something worth reading or are attached, the oldest first, each with a ledger,
 * with `cut` and `foreign` as they are. What is over is dropped, and what the running graph reads
 * is left out. The source's identity is known. The list is empty before, and the caller's. 0, or
 * -errno and a sentence: -EBUSY when another process reads one of them. */
int find_kept(const struct source *source, struct kept_list *list, struct error *error);

/* The programs of the set are those that the source would load. */
bool find_kept_is_same(const struct object_source *state, const struct kept *kept);
