// SPDX-License-Identifier: Apache-2.0

/* The books are counted where things happen and added up here, so that a forgotten row shows as a
 * sum that is off instead of vanishing. */

#include "record/books.h"

const char *book_name(enum book row)
{
    static const char *const names[BOOK_ROWS] = {
        [BOOK_SEEN] = "seen",
        [BOOK_COPIES] = "copies",
        [BOOK_EMITTED] = "emitted",
        [BOOK_FILTERED] = "filtered",
        [BOOK_LIMITED] = "limited",
        [BOOK_SAMPLED_OUT] = "sampled_out",
        [BOOK_DEDUPLICATED] = "deduplicated",
        [BOOK_LATE] = "late",
        [BOOK_AGGREGATED] = "aggregated",
        [BOOK_UNKNOWN_TYPE] = "unknown_type",
        [BOOK_FAILED] = "failed",
        [BOOK_FORWARDED] = "forwarded",
    };

    return names[row];
}

void books_sum(const struct books *books, struct book_totals *totals)
{
    for (int row = 0; row < BOOK_ROWS; row++)
        totals->rows[row] += counter_get(&books->rows[row]);
}

bool books_balance(const struct book_totals *totals)
{
    uint64_t in = 0, out = 0;

    for (int row = 0; row < BOOK_ROWS; row++)
        *(row < BOOK_FIRST_OUT ? &in : &out) += totals->rows[row];
    return in == out;
}
