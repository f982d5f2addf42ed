// SPDX-License-Identifier: Apache-2.0

/* Records that stand for several, against a reference in which each comes so many times; and
 * numbers that are too large for a row. */
#include "aggregate/value.h"

#include <math.h>

#include "aggregate/moments.h"
#include "unit/aggregate/support.h"

enum { STREAMS = 100, HITS = 400, WEIGHT_MAX = 20 };

struct kept_row {
    uint32_t count;
    uint64_t n, sum, low, high, kinds, hist, top_count, top_error, top_value;
    int64_t sizes;
    double mean, mid, deviation, rate, float_sum;
    bool saturated;
};

static uint64_t element(const struct batch *batch, const char *name, uint32_t row, uint32_t at)
{
    const struct field *list = row_field(batch, name);
    uint64_t number;

    memcpy(&number, (const char *)batch->views[row].data + list->offset + at, sizeof(number));
    return number;
}

static void keep_row(void *data, const struct batch *batch, uint32_t index)
{
    struct kept_row *row = data;

    row->count++;
    row->n = row_integer(batch, "n", index);
    row->sum = row_integer(batch, "sum", index);
    row->sizes = (int64_t)row_integer(batch, "sizes", index);
    row->float_sum = row_float(batch, "loads", index);
    row->mean = row_float(batch, "mean", index);
    row->deviation = row_float(batch, "dev", index);
    row->mid = row_float(batch, "mid", index);
    row->low = row_integer(batch, "low", index);
    row->high = row_integer(batch, "high", index);
    row->kinds = row_integer(batch, "kinds", index);
    row->rate = row_float(batch, "rate", index);
    row->saturated = row_integer(batch, "_saturated", index);
    row->hist = element(batch, "h", index, 8);
    row->top_value = element(batch, "busy", index, 0);
    row->top_count = element(batch, "busy", index, 64);
    row->top_error = element(batch, "busy", index, 72);
}

static const char config[] =
    "{window: 10s, groups: 10, values: {n: count(), sum: sum(latency), sizes: sum(size), loads: "
    "sum(load), mean: mean(latency), dev: stddev(latency), mid: 'quantile(latency, 0.5)', low: "
    "min(latency), high: max(latency), kinds: distinct(latency), busy: 'top(pid, 1, 50)', "
    "h: 'hist(latency, 1e18)', rate: rate()}}";

/* One row of all hits; those of weight 0 stand for none. */
static struct kept_row run(const struct hit *hits, uint32_t count)
{
    static struct field fields[sizeof(hit_fields) / sizeof(hit_fields[0])];
    struct schema schema = hit_schema;
    struct handler_host host = hit_host;
    struct kept_row row = {0};
    struct driven driven = {.take = keep_row, .data = &row};

    memcpy(fields, hit_fields, sizeof(fields));
    schema.fields = fields;
    for (uint32_t i = 0; i < schema.n_fields; i++)
        if (strcmp(fields[i].name, "weight") == 0 || strcmp(fields[i].name, "wall") == 0)
            fields[i].meaning = fields[i].name[1] == 'e' ? MEANING_WEIGHT : MEANING_NONE;
    host.schema = &schema;
    driven.opened = open_handler(&aggregate_ops, config, &host);
    drive_records(&driven, hits, count, 100 * SECOND);
    drive_time(&driven, 110 * SECOND);
    drive_close(&driven);
    assert_int_equal(row.count, 1);
    return row;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

static bool near(double value, double wanted, double relative)
{
    return fabs(value - wanted) <= relative * fabs(wanted) + 1e-9;
}

static void check_stream(uint64_t *state)
{
    static struct hit hits[HITS];
    static uint64_t expanded[HITS * WEIGHT_MAX], kinds[HITS];
    uint64_t sum = 0, n = 0, busiest[50] = {0}, n_kinds = 0;
    int64_t sizes = 0;
    double loads = 0, mean, squares = 0;
    struct kept_row row;

    for (uint32_t i = 0; i < HITS; i++) {
        uint64_t number = random_next(state);

        hits[i] = (struct hit){.latency = 1 + (number >> 40),
                               .size = (int64_t)(number % 1000) - 500,
                               .load = (double)(number % 100) / 3,
                               .pid = (uint32_t)(number >> 10) % 50,
                               .weight = 1 + (uint32_t)(number >> 20) % WEIGHT_MAX};
        for (uint32_t j = 0; j < hits[i].weight; j++)
            expanded[n++] = hits[i].latency;
        kinds[i] = hits[i].latency;
        sum += hits[i].latency * hits[i].weight;
        sizes += hits[i].size * (int64_t)hits[i].weight;
        loads += hits[i].load * hits[i].weight;
        busiest[hits[i].pid] += hits[i].weight;
    }
    qsort(expanded, n, sizeof(*expanded), compare);
    qsort(kinds, HITS, sizeof(*kinds), compare);
    mean = (double)sum / (double)n;
    for (uint64_t i = 0; i < n; i++)
        squares += ((double)expanded[i] - mean) * ((double)expanded[i] - mean);
    for (uint32_t i = 0; i < HITS; i++)
        n_kinds += i == 0 || kinds[i] != kinds[i - 1];
    row = run(hits, HITS);
    assert_int_equal(row.n, n);
    assert_int_equal(row.sum, sum);
    assert_int_equal(row.sizes, sizes);
    assert_true(near(row.float_sum, loads, 1e-9));
    assert_true(near(row.rate, (double)n / 10, 1e-9));
    assert_true(near(row.mean, mean, 1e-12));
    assert_true(near(row.deviation, sqrt(squares / (double)n), 1e-6));
    assert_true(near(row.mid, (double)expanded[(n - 1) / 2], 0.01 + 1e-9));
    assert_int_equal(row.low, expanded[0]);
    assert_int_equal(row.high, expanded[n - 1]);
    assert_true(near((double)row.kinds, (double)n_kinds, 6 * 0.02));
    assert_int_equal(row.hist, n);
    for (uint32_t pid = 0; pid < 50; pid++)
        assert_true(busiest[pid] <= row.top_count);
    assert_int_equal(row.top_count, busiest[row.top_value]);
    assert_int_equal(row.top_error, 0);
    assert_false(row.saturated);
}

static void a_record_counts_as_often_as_it_stands_for(void **state)
{
    uint64_t seed = random_seed("weights");

    (void)state;
    for (int i = 0; i < STREAMS; i++)
        check_stream(&seed);
}

/* ---- large numbers --------------------------------------------------------------------------- */

/* What is beyond 64 bits on its way comes back exactly. */
static void sums_have_128_bits(void **state)
{
    struct hit hits[] = {{.size = INT64_MAX, .latency = UINT64_MAX, .weight = 1},
                         {.size = INT64_MAX, .weight = 1000},
                         {.size = -INT64_MAX, .weight = 1000},
                         {.size = -7, .weight = 1}};
    struct kept_row row;

    (void)state;
    row = run(hits, 4);
    assert_int_equal(row.sizes, INT64_MAX - 7);
    assert_int_equal(row.sum, UINT64_MAX);
    assert_false(row.saturated);
}

/* A row has 64 bits; the mean is made of all 128. */
static void a_row_says_that_it_saturated(void **state)
{
    struct hit hits[] = {{.latency = UINT64_MAX, .weight = 1},
                         {.latency = UINT64_MAX, .weight = 2}};
    struct kept_row row;

    (void)state;
    row = run(hits, 2);
    assert_true(row.saturated);
    assert_int_equal(row.sum, UINT64_MAX);
    assert_true(near(row.mean, 0x1p64, 1e-12));
    hits[0] = (struct hit){.size = INT64_MIN, .weight = 3};
    row = run(hits, 1);
    assert_true(row.saturated);
    assert_int_equal(row.sizes, INT64_MIN);
    hits[0] = (struct hit){.size = INT64_MAX, .weight = 2};
    row = run(hits, 1);
    assert_true(row.saturated);
    assert_int_equal(row.sizes, INT64_MAX);
}

/* Each of so many records stands for four billion: a bin of the sketch is full after the first. */
static void a_full_bin_says_so(void **state)
{
    struct hit hits[] = {{.latency = 5, .weight = UINT32_MAX}, {.latency = 5, .weight = 2}};
    struct kept_row row;

    (void)state;
    row = run(hits, 2);
    assert_true(row.saturated);
    assert_int_equal(row.n, UINT32_MAX + UINT64_C(2));
    assert_int_equal(row.sum, 5 * (UINT32_MAX + UINT64_C(2)));
    assert_int_equal(row.top_count, UINT32_MAX + UINT64_C(2));
}

/* ---- moments --------------------------------------------------------------------------------- */

static const wide most = (wide)((unsigned __int128)-1 >> 1);

static void a_sum_stays_at_its_limit(void **state)
{
    struct sum sum = {0}, other = {0};

    (void)state;
    sum_add(&sum, UINT64_MAX, UINT64_MAX);
    assert_true(sum.total == most && sum.saturated == 1 && sum.count == UINT64_MAX);
    sum_add(&other, INT64_MIN, UINT64_MAX);
    assert_true(other.total < 0 && other.saturated == 0);
    sum_add(&other, INT64_MIN, UINT64_MAX);
    assert_true(other.total == -most - 1 && other.saturated == 1);
    sum_merge(&sum, &other);
    assert_true(sum.saturated == 1);
}

/* 0.1 so many times, and large numbers that go again. */
static void rounding_is_carried_along(void **state)
{
    struct float_sum sum = {0}, other = {0};

    (void)state;
    float_sum_add(&sum, 1e16, 1);
    for (int i = 0; i < 1000; i++)
        float_sum_add(&other, 0.1, 10);
    float_sum_merge(&sum, &other);
    float_sum_add(&sum, -1e16, 1);
    assert_true(fabs(float_sum_get(&sum) - 1000) < 1e-9);
    assert_int_equal(sum.count, 10002);
}

/* 1, 2, 3 with their weights, a long way from zero: in halves, and one by one. */
static void deviations_do_not_vanish(void **state)
{
    struct spread sum = {0}, one = {0}, other = {0};

    (void)state;
    for (int i = 1; i <= 3; i++) {
        spread_add(&sum, 1e9 + i, i);
        spread_add(i == 2 ? &one : &other, 1e9 + i, i);
    }
    spread_merge(&one, &other);
    assert_true(fabs(spread_deviation(&sum) - sqrt(5.0 / 9)) < 1e-6);
    assert_true(fabs(spread_deviation(&one) - sqrt(5.0 / 9)) < 1e-6);
    other = (struct spread){0};
    spread_merge(&other, &one);
    assert_true(spread_deviation(&other) == spread_deviation(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_counts_as_often_as_it_stands_for),
        cmocka_unit_test(sums_have_128_bits),
        cmocka_unit_test(a_row_says_that_it_saturated),
        cmocka_unit_test(a_full_bin_says_so),
        cmocka_unit_test(a_sum_stays_at_its_limit),
        cmocka_unit_test(rounding_is_carried_along),
        cmocka_unit_test(deviations_do_not_vanish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
