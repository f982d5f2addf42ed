// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What windows are, as docs/aggregation.md says it, without tables, batches or slots: every record
 * is looked at on its own, in the order of the ring, with plain lists of what is open. Written
 * apart from daemon/aggregate, so that the two can be held against each other. */

#include <stdbool.h>
#include <stdint.h>

enum { REFERENCE_KEYS = 8, REFERENCE_ROWS = 200000, REFERENCE_WINDOWS = 512 };

enum reference_by { BY_ARRIVAL, BY_KTIME, BY_UNIX };

struct plan {
    enum reference_by by;
    bool aligned; /* the windows' clock is the wall clock */
    bool replayed;
    int64_t every, hop, gap, late;
};

struct reference_cell {
    uint64_t count, sum, first, last;
};

struct reference_row {
    int64_t start, end; /* ns since 1970 */
    uint32_t key;
    bool partial;
    struct reference_cell cell;
};

struct reference_window {
    int64_t start, end, offset;
    bool partial;
    struct reference_cell cells[REFERENCE_KEYS];
};

struct reference_session {
    bool open;
    int64_t since, until, offset;
    struct reference_cell cell;
};

struct reference {
    struct plan plan;
    bool begun;
    int64_t origin, whole_from, last_now, last_time, activity;
    int64_t newest, watermark;
    uint32_t boot;
    struct reference_window open[REFERENCE_WINDOWS];
    uint32_t n_open;
    struct reference_session sessions[REFERENCE_KEYS];
    struct reference_row *rows; /* REFERENCE_ROWS of them, of what has ended */
    uint32_t n_rows;
    uint64_t late, ahead, missed;
};

/* What the clocks say: offset is from CLOCK_MONOTONIC to the wall clock, as far as the reader knows
 * it; read_by is CLOCK_MONOTONIC when the record at hand is read; of a capture, when it was,
 * INT64_MAX: unknown. */
struct clocks {
    int64_t now; /* when the turn began */
    int64_t offset;
    int64_t read_by;
    uint32_t boot;
};

void reference_begin(struct reference *reference, const struct plan *plan);
/* A turn begins; unread: something waits in the ring. */
void reference_turn(struct reference *reference, const struct clocks *clocks, bool unread);
/* time: as the field has it. */
void reference_record(struct reference *reference, const struct clocks *clocks, uint64_t time,
                      uint32_t key, uint64_t value);
/* Nothing comes any more. */
void reference_end(struct reference *reference, const struct clocks *clocks);
