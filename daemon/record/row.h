// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a handler or a sink wants to show of itself, beyond what is counted of all: it gives its
 * rows, and status and metrics print them without knowing it. A row `left` of the handler `limit`
 * is the metric ringmill_handler_limit_left. Rows are const; only their values change. */

#include <stdint.h>

enum row_kind {
    ROW_COUNT, /* only grows while the daemon runs */
    ROW_LEVEL, /* goes up and down */
};

struct row {
    const char *name; /* lower case words joined by _, without unit or kind */
    const char *unit; /* a base unit in the plural: "bytes", "seconds"; "" for a plain count */
    enum row_kind kind;
    const char *help; /* one sentence without its full stop */
};

/* Takes one row's value; data is the asker's. */
typedef void (*row_emit)(void *data, const struct row *row, uint64_t value);
