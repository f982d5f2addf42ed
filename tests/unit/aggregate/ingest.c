// SPDX-License-Identifier: Apache-2.0

/* Random streams with more groups than there is room for, against plain arrays of all names: what
 * is beyond the bound is in the row for all others, or pushed another group there, and nothing is
 * lost or counted twice. */
#include "aggregate/state.h"

#include "unit/aggregate/support.h"

enum { STREAMS = 1000, WINDOWS = 8, NAMES = 60, BATCHES_MAX = 40 };

struct tallied {
    uint64_t count, sum;
};

struct window_seen {
    struct tallied all, names[NAMES];
    uint32_t order[NAMES]; /* of arrival */
    uint32_t n_names;
    struct tallied rows, others; /* what came out */
    uint32_t n_rows;
};

struct stream {
    uint32_t groups, names;
    bool evicts;
    int64_t begin;
    struct window_seen windows[WINDOWS];
    uint64_t overflowed;
};

/* Of all lengths, also those that fill their field. */
static void make_name(uint32_t number, char comm[16])
{
    memset(comm, 0, 16);
    for (uint32_t i = 0; i < 1 + number % 16; i++)
        comm[i] = (char)('a' + (number / 16 + i) % 26);
}

static uint32_t number_of(struct text text)
{
    char comm[16];

    for (uint32_t i = 0; i < NAMES; i++) {
        make_name(i, comm);
        if (text.length == strnlen(comm, sizeof(comm)) &&
            memcmp(text.bytes, comm, text.length) == 0)
            return i;
    }
    fail();
    return 0;
}

static bool is_among_first(const struct window_seen *window, uint32_t groups, uint32_t name)
{
    for (uint32_t i = 0; i < groups && i < window->n_names; i++)
        if (window->order[i] == name)
            return true;
    return false;
}

/* Without eviction the first names have rows of their own, with all that is theirs. */
static void take_row(void *data, const struct batch *batch, uint32_t index)
{
    struct stream *stream = data;
    int64_t start = (int64_t)row_integer(batch, "_start", index);
    struct window_seen *window = &stream->windows[(start - stream->begin) / SECOND];
    struct tallied row = {row_integer(batch, "n", index), row_integer(batch, "sum", index)};
    bool other = row_integer(batch, "_other", index);
    uint32_t name;

    assert_in_range((start - stream->begin) / SECOND, 0, WINDOWS - 1);
    window->rows.count += row.count;
    window->rows.sum += row.sum;
    window->n_rows++;
    assert_int_equal(row_null(batch, "comm", index), other);
    if (other) {
        assert_int_equal(window->others.count, 0); /* there is one such row */
        window->others = row;
        return;
    }
    name = number_of(batch_text(batch, row_field(batch, "comm"), index));
    assert_true(row.count <= window->names[name].count && row.sum <= window->names[name].sum);
    if (stream->evicts)
        return;
    assert_true(is_among_first(window, stream->groups, name));
    assert_int_equal(row.count, window->names[name].count);
    assert_int_equal(row.sum, window->names[name].sum);
}

static void add(struct window_seen *window, uint32_t name, uint64_t latency)
{
    if (window->names[name].count == 0)
        window->order[window->n_names++] = name;
    window->names[name].count++;
    window->names[name].sum += latency;
    window->all.count++;
    window->all.sum += latency;
}

static void run_stream(struct stream *stream, struct driven *driven, uint64_t *state)
{
    uint32_t batches = 1 + (uint32_t)(random_next(state) % BATCHES_MAX);
    int64_t now = stream->begin;

    for (uint32_t i = 0; i < batches; i++) {
        uint32_t count = 1 + (uint32_t)(random_next(state) % 32);
        struct hit hits[32] = {0};

        drive_time(driven, now);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t name = (uint32_t)(random_next(state) % stream->names);

            hits[k].latency = random_next(state) % 100000;
            make_name(name, hits[k].comm);
            add(&stream->windows[(now - stream->begin) / SECOND], name, hits[k].latency);
        }
        drive_records(driven, hits, count, now);
        now += (int64_t)(random_next(state) % ((WINDOWS - 1) * SECOND / BATCHES_MAX));
    }
    drive_end(driven, now);
}

static void note_row(void *data, const struct row *row, uint64_t value)
{
    struct stream *stream = data;

    if (strcmp(row->name, "overflowed") == 0)
        stream->overflowed = value;
}

static void check_windows(const struct stream *stream)
{
    uint64_t beyond = 0;

    for (uint32_t i = 0; i < WINDOWS; i++) {
        const struct window_seen *window = &stream->windows[i];
        bool fits = window->n_names <= stream->groups;
        struct tallied rest = {0};

        assert_int_equal(window->rows.count, window->all.count);
        assert_int_equal(window->rows.sum, window->all.sum);
        assert_int_equal(window->n_rows, fits ? window->n_names : stream->groups + 1);
        for (uint32_t k = stream->groups; k < window->n_names; k++) {
            rest.count += window->names[window->order[k]].count;
            rest.sum += window->names[window->order[k]].sum;
        }
        beyond += rest.count;
        if (stream->evicts)
            continue;
        assert_int_equal(window->others.count, rest.count);
        assert_int_equal(window->others.sum, rest.sum);
    }
    if (!stream->evicts)
        assert_int_equal(stream->overflowed, beyond);
}

static void check_stream(uint64_t seed)
{
    static struct stream stream;
    uint64_t state = seed;
    struct driven driven;
    char config[200];

    memset(&stream, 0, sizeof(stream));
    stream.groups = 1 + (uint32_t)(random_next(&state) % 40);
    stream.names = 1 + (uint32_t)(random_next(&state) % NAMES);
    stream.evicts = random_next(&state) % 2;
    stream.begin = 1000 * SECOND;
    snprintf(config, sizeof(config),
             "{window: 1s, by: comm, groups: %u, overflow: %s, values: {n: count(), sum: "
             "sum(latency)}}",
             stream.groups, stream.evicts ? "evict" : "other");
    drive_open(&driven, config, take_row, &stream);
    run_stream(&stream, &driven, &state);
    assert_int_equal(driven.tally.late + driven.tally.failed, 0);
    assert_int_equal(driven.tally.aggregated, driven.tally.in);
    aggregate_ops.rows(driven.opened.handler, note_row, &stream);
    check_windows(&stream);
    drive_close(&driven);
}

static void bounds_hold_in_random_streams(void **state)
{
    uint64_t seed = random_seed("bounded streams");

    (void)state;
    for (uint32_t i = 0; i < STREAMS; i++)
        check_stream(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_in_random_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
