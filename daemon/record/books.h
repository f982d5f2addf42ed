// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What became of each record, by name. At any quiet moment, for each pipeline:
 *
 *     seen + copies + emitted = filtered + limited + sampled_out + deduplicated + unknown_type
 *                               + late + aggregated + failed + forwarded
 *
 * A handler that takes records away names its own row; a new reason is a new row here. */

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"

enum book {
    /* what came in */
    BOOK_SEEN,   /* records read from the rings */
    BOOK_COPIES, /* forwarded once more: to a second sink, by a second forward, or in a tee's branch
                  */
    BOOK_EMITTED, /* made here: an event about a loss, an aggregate's row */
    /* what became of it */
    BOOK_FILTERED,
    BOOK_LIMITED,
    BOOK_SAMPLED_OUT,
    BOOK_DEDUPLICATED,
    BOOK_LATE,         /* its window had ended */
    BOOK_AGGREGATED,   /* taken into a group */
    BOOK_UNKNOWN_TYPE, /* its selector has a value that the config does not name, or is not there */
    BOOK_FAILED,       /* longer than EVENT_MAX (64 KiB) once encoded, or an aggregate had no room
                          or no value to count it */
    BOOK_FORWARDED,
    BOOK_ROWS,
};

enum { BOOK_FIRST_OUT = BOOK_FILTERED };

/* The rows of one chain; owned by its consumer thread, read by any. */
struct books {
    counter rows[BOOK_ROWS];
};

/* Sums, taken at one moment. */
struct book_totals {
    uint64_t rows[BOOK_ROWS];
};

/* "seen", "filtered"... */
const char *book_name(enum book row);

/* Adds the rows to the totals. */
void books_sum(const struct books *books, struct book_totals *totals);
/* Whether as many records went out as came in. */
bool books_balance(const struct book_totals *totals);
