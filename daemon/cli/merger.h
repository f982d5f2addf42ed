// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Rows of many machines to one row for each group and window. What a group is and what its values
 * are, the first row says; all others must say the same.
 *
 *     row_form ──▶ key ──▶ group of its window ──▶ states merged ──▶ rows, window by window
 *
 * One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "record/batch.h"

enum { MERGER_GROUPS = 100000, MERGER_WINDOWS_MAX = 100000 };

struct merger;

/* groups: of all windows together, at most. whole: all windows are one. NULL: out of memory. */
struct merger *merger_new(uint32_t groups, bool whole);
/* Accepts NULL. */
void merger_free(struct merger *merger);
DEFINE_CLEANUP(struct merger, merger_free);

/* Takes a row's portable form. place says where it is, for messages about others that do not
 * fit. 0; -EINVAL, -ENOSPC or -ENOMEM with error filled. */
int merger_add(struct merger *merger, const char *place, const uint8_t *bytes, size_t length,
               struct error *error);

/* Rows there are. */
uint64_t merger_count(const struct merger *merger);
/* The layout of the rows. NULL: nothing was added. */
const struct schema *merger_schema(const struct merger *merger);
/* The name of the source of the rows. NULL: nothing was added. */
const char *merger_source(const struct merger *merger);
/* After the last was added: the next rows, in the order of their windows. False: there are none. */
bool merger_next(struct merger *merger, struct batch *ret_batch);
