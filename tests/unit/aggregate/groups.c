// SPDX-License-Identifier: Apache-2.0

/* More groups than there may be: bounds hold, and nothing is lost from the sums. */
#include "aggregate/groups.h"

#include "unit/aggregate/support.h"

enum { HOSTILE = 20000, GROUPS = 100 };

struct sums {
    uint64_t rows, count, total, others, other_count;
};

static void add_up(void *data, const struct batch *batch, uint32_t index)
{
    struct sums *sums = data;
    bool other = row_integer(batch, "_other", index);

    sums->rows++;
    sums->count += row_integer(batch, "n", index);
    sums->total += row_integer(batch, "total", index);
    sums->others += other;
    sums->other_count += other ? row_integer(batch, "n", index) : 0;
    assert_int_equal(row_null(batch, "pid", index), other);
}

/* Every record a new key, but for one that comes again and again. */
static uint64_t attack(struct driven *driven, int64_t now)
{
    static struct hit hits[32];
    uint64_t total = 0;

    for (uint32_t i = 0; i < HOSTILE; i += 32) {
        for (uint32_t j = 0; j < 32; j++) {
            hits[j] = (struct hit){.pid = j % 4 ? 1000 + i + j : 7, .latency = i + j};
            total += i + j;
        }
        drive_records(driven, hits, 32, now);
    }
    return total;
}

static void overflow_with(const char *overflow, uint64_t least_others)
{
    struct sums sums = {0};
    struct driven driven;
    char config[300];
    uint64_t total;

    snprintf(config, sizeof(config),
             "{window: 10s, by: pid, groups: %d, overflow: %s, values: {n: count(), "
             "total: sum(latency)}}",
             GROUPS, overflow);
    drive_open(&driven, config, add_up, &sums);
    total = attack(&driven, 100 * SECOND);
    drive_time(&driven, 110 * SECOND);
    assert_int_equal(sums.rows, GROUPS + 1);
    assert_int_equal(sums.others, 1);
    assert_int_equal(sums.count, HOSTILE);
    assert_int_equal(sums.total, total);
    assert_true(sums.other_count >= least_others);
    assert_int_equal(driven.tally.aggregated, HOSTILE);
    assert_int_equal(driven.tally.failed + driven.tally.late, 0);
    drive_close(&driven);
}

static void what_is_beyond_goes_to_one_row(void **state)
{
    (void)state;
    overflow_with("other", HOSTILE * 3 / 4 - GROUPS);
}

static void or_the_smallest_does(void **state)
{
    (void)state;
    overflow_with("evict", HOSTILE * 3 / 4 - GROUPS);
}

static void keep_busiest(void *data, const struct batch *batch, uint32_t index)
{
    uint64_t *counts = data;

    if (!row_null(batch, "pid", index) && row_integer(batch, "pid", index) == 7)
        counts[0] = row_integer(batch, "n", index);
}

static void the_busiest_stays(void **state)
{
    struct driven driven;
    uint64_t count = 0;

    (void)state;
    drive_open(&driven,
               "{window: 10s, by: pid, groups: 100, overflow: evict, values: {n: count()}}",
               keep_busiest, &count);
    attack(&driven, 100 * SECOND);
    drive_time(&driven, 110 * SECOND);
    assert_int_equal(count, HOSTILE / 4);
    drive_close(&driven);
}

static void keep_order(void *data, const struct batch *batch, uint32_t index)
{
    char *text = data;

    snprintf(text + strlen(text), 200, "%lu:%lu ", (unsigned long)row_integer(batch, "pid", index),
             (unsigned long)row_integer(batch, "n", index));
}

static void rows_are_sorted_and_limited(void **state)
{
    static struct hit hits[2000];
    struct driven driven;
    char text[400] = "";
    uint32_t count = 0;

    (void)state;
    for (uint32_t pid = 1; pid < 60; pid++)
        for (uint32_t i = 0; i < (pid * 37) % 59 + 1; i++)
            hits[count++] = (struct hit){.pid = pid};
    drive_open(&driven,
               "{window: 10s, by: pid, values: {n: count()}, order: -n, limit: 3, having: n < 58}",
               keep_order, text);
    drive_records(&driven, hits, count, 100 * SECOND);
    drive_time(&driven, 110 * SECOND);
    assert_int_equal(driven.tally.emitted, 3);
    assert_string_equal(text, "35:57 27:56 19:55 ");
    drive_close(&driven);
}

/* Groups 1 to 6, of as many records; those of even numbers have negative sizes. */
static void expect_rows(const char *settings, const char *expected)
{
    struct hit hits[21];
    struct driven driven;
    char text[400] = "", config[400];
    uint32_t count = 0;

    for (uint32_t pid = 1; pid <= 6; pid++)
        for (uint32_t i = 0; i < pid; i++)
            hits[count++] = (struct hit){.pid = pid, .size = (int64_t)pid * (pid % 2 ? 1 : -1)};
    snprintf(config, sizeof(config),
             "{window: 10s, by: pid, values: {n: count(), low: min(size), mid: 'quantile(size, "
             "0.5)', name: first(comm)}, %s}",
             settings);
    drive_open(&driven, config, keep_order, text);
    drive_records(&driven, hits, count, 100 * SECOND);
    drive_time(&driven, 110 * SECOND);
    assert_string_equal(text, expected);
    drive_close(&driven);
}

static void rows_that_do_not_meet_having_are_not_made(void **state)
{
    (void)state;
    expect_rows("groups: 6", "1:1 2:2 3:3 4:4 5:5 6:6 ");
    expect_rows("having: n > 2 && low < 0", "4:4 6:6 ");
    expect_rows("having: 'pid in [1, 5]'", "1:1 5:5 ");
    expect_rows("having: n > 6", "");
    expect_rows("having: _partial", "");
    expect_rows("having: _other", "");
}

static void limit_counts_what_meets_having(void **state)
{
    (void)state;
    expect_rows("limit: 2", "1:1 2:2 ");
    expect_rows("limit: 100", "1:1 2:2 3:3 4:4 5:5 6:6 ");
    expect_rows("limit: 2, having: n > 3", "4:4 5:5 ");
}

static void order_goes_both_ways(void **state)
{
    (void)state;
    expect_rows("order: n, limit: 2", "1:1 2:2 ");
    expect_rows("order: -n, limit: 2", "6:6 5:5 ");
    expect_rows("order: low, limit: 3", "6:6 4:4 2:2 ");
    expect_rows("order: -mid, limit: 4", "5:5 3:3 1:1 2:2 ");
    expect_rows("order: pid, limit: 1, having: pid > 3", "4:4 ");
    expect_rows("order: -pid, limit: 50", "6:6 5:5 4:4 3:3 2:2 1:1 ");
}

static void what_says_nothing_is_refused(void **state)
{
    (void)state;
    refuse_handler(&aggregate_ops, "{window: 10s, by: [], values: {n: count()}}", &hit_host,
                   -EINVAL,
                   "t.yaml:1:30: aggregate.by: by: is empty; write what makes a group, as in "
                   "[comm], or remove by: for one group\n");
    refuse_handler(&aggregate_ops, "{window: {every: 2500000h}, values: {n: count()}}", &hit_host,
                   -EINVAL,
                   "t.yaml:1:29: aggregate.window.every: expected a duration from 1ms to 87600h, "
                   "found \"2500000h\"\n");
}

static void too_much_memory_is_refused(void **state)
{
    (void)state;
    refuse_handler(&aggregate_ops,
                   "{window: 10s, by: pid, groups: 1000000, values: {d: distinct(latency)}}",
                   &hit_host, -EINVAL,
                   "t.yaml:1:12: aggregate: 1000000 groups of 4160 bytes in up to 2 open windows "
                   "need 8361571088B, but memory: allows 256MiB; raise memory or lower groups\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_beyond_goes_to_one_row),
        cmocka_unit_test(or_the_smallest_does),
        cmocka_unit_test(the_busiest_stays),
        cmocka_unit_test(rows_are_sorted_and_limited),
        cmocka_unit_test(rows_that_do_not_meet_having_are_not_made),
        cmocka_unit_test(limit_counts_what_meets_having),
        cmocka_unit_test(order_goes_both_ways),
        cmocka_unit_test(what_says_nothing_is_refused),
        cmocka_unit_test(too_much_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
