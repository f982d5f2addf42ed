// SPDX-License-Identifier: Apache-2.0

/* What is on the page of metrics, and what a config may not ask for. */
#include "aggregate/exposition.h"

#include <math.h>

#include "unit/aggregate/support.h"

enum { SAMPLES_MAX = 64 };

struct page {
    struct {
        char labels[300];
        double number;
        uint64_t integer;
        uint64_t counts[8];
    } samples[SAMPLES_MAX];
    uint32_t count;
    uint32_t n_bounds;
};

static void keep_sample(void *data, const struct metric_sample *sample)
{
    struct page *page = data;

    assert_true(page->count < SAMPLES_MAX);
    snprintf(page->samples[page->count].labels, 300, "%s", sample->labels);
    page->samples[page->count].number = sample->number;
    page->samples[page->count].integer = sample->integer;
    if (sample->counts)
        memcpy(page->samples[page->count].counts, sample->counts,
               (page->n_bounds + 1) * sizeof(uint64_t));
    page->count++;
}

/* Fills the page of the metric of that name. */
static void look(const struct driven *driven, const char *name, struct page *page)
{
    const struct handler *handler = driven->opened.handler;

    memset(page, 0, sizeof(*page));
    for (uint32_t i = 0; i < handler->n_metrics; i++) {
        if (strcmp(handler->metrics[i].name, name) != 0)
            continue;
        page->n_bounds = handler->metrics[i].n_bounds;
        handler->ops->samples(handler, i, keep_sample, page);
        return;
    }
    fail_msg("no metric %s", name);
}

static void ignore_row(void *data, const struct batch *batch, uint32_t index)
{
    (void)data, (void)batch, (void)index;
}

static void open_exposed(struct driven *driven, const char *config)
{
    drive_open(driven, config, ignore_row, NULL);
}

static void counters_add_up_and_gauges_are_of_the_last_window(void **state)
{
    struct hit hits[] = {{.pid = 1, .latency = 5}, {.pid = 1, .latency = 50}, {.pid = 2}};
    int64_t now = clock_monotonic();
    struct driven driven;
    struct page page;

    (void)state;
    open_exposed(&driven, "{window: 1s, by: pid, expose: {prefix: x}, values: {n: count(), "
                          "sum_ns: sum(latency), high: max(latency), h: 'hist(latency, 10, 20)'}}");
    drive_records(&driven, hits, 3, now);
    drive_time(&driven, now + SECOND);
    hits[1].latency = 15;
    drive_records(&driven, hits, 2, now + SECOND);
    drive_time(&driven, now + 2 * SECOND);
    look(&driven, "x_n", &page);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.samples[0].labels, "pid=\"1\"");
    assert_int_equal(page.samples[0].integer, 4);
    assert_int_equal(page.samples[1].integer, 1);
    look(&driven, "x_sum_seconds", &page);
    assert_true(fabs(page.samples[0].number - 75e-9) < 1e-15);
    look(&driven, "x_high", &page);
    assert_true(page.samples[0].number == 15);
    look(&driven, "x_h", &page);
    assert_int_equal(page.samples[0].counts[0], 2);
    assert_int_equal(page.samples[0].counts[1], 1);
    assert_int_equal(page.samples[0].counts[2], 1);
    assert_true(page.samples[0].number == 75);
    drive_close(&driven);
}

/* Two windows after a group was last seen its gauges go, and its counters stay. */
static void gauges_do_not_outlive_their_group(void **state)
{
    struct hit hit = {.pid = 1, .latency = 5};
    int64_t now = clock_monotonic(), window = SECOND / 10;
    struct driven driven;
    struct page page;

    (void)state;
    open_exposed(&driven, "{window: 100ms, by: pid, expose: {prefix: x}, values: {n: count(), "
                          "high: max(latency)}}");
    drive_records(&driven, &hit, 1, now);
    drive_time(&driven, now + window);
    do
        look(&driven, "x_high", &page);
    while (page.count > 0);
    assert_true(clock_monotonic() >= now + 2 * window);
    look(&driven, "x_n", &page);
    assert_int_equal(page.count, 1);
    drive_close(&driven);
}

/* The median of all that found no labels is that of their values, not of their medians; and a key
 * that shows like another one is among them. */
static void the_rest_is_merged(void **state)
{
    static struct hit hits[1000];
    int64_t now = clock_monotonic();
    struct driven driven;
    struct page page;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        hits[i].pid = i % 10;
        hits[i].latency = i + 1;
    }
    open_exposed(&driven,
                 "{window: 1s, by: pid, groups: 8, expose: {prefix: x, label_sets: 3}, "
                 "values: {n: count(), mid: 'quantile(latency, 0.5)', kinds: distinct(latency)}}");
    drive_records(&driven, hits, 1000, now);
    drive_time(&driven, now + SECOND);
    look(&driven, "x_n", &page);
    assert_int_equal(page.count, 4);
    assert_string_equal(page.samples[0].labels, "other=\"true\"");
    assert_int_equal(page.samples[0].integer, 700);
    look(&driven, "x_mid", &page);
    assert_string_equal(page.samples[0].labels, "other=\"true\",quantile=\"0.5\"");
    assert_true(fabs(page.samples[0].number - 500) < 10);
    look(&driven, "x_kinds", &page);
    assert_true(fabs(page.samples[0].number - 700) < 70);
    drive_close(&driven);
}

static void equal_labels_are_one_sample(void **state)
{
    struct hit hits[] = {{.comm = "\xff"}, {.comm = "\\xff"}, {.comm = "-"}, {.comm = "\"\\"}};
    int64_t now = clock_monotonic();
    struct driven driven;
    struct page page;

    (void)state;
    open_exposed(&driven, "{window: 1s, by: comm, expose: {prefix: x}, values: {n: count()}}");
    drive_records(&driven, hits, 4, now);
    drive_time(&driven, now + SECOND);
    look(&driven, "x_n", &page);
    assert_int_equal(page.count, 4);
    assert_string_equal(page.samples[0].labels, "other=\"true\"");
    assert_string_equal(page.samples[1].labels, "comm=\"\\\\xff\"");
    assert_string_equal(page.samples[3].labels, "comm=\"\\\"\\\\\"");
    drive_close(&driven);
}

static void a_running_window_replaces(void **state)
{
    struct hit hits[] = {{.pid = 1}, {.pid = 1}, {.pid = 2}};
    int64_t now = clock_monotonic();
    struct driven driven;
    struct page page;

    (void)state;
    open_exposed(&driven, "{window: {every: 1s, running: true}, by: pid, values: {n: count()}, "
                          "expose: {prefix: x, label_sets: 1}}");
    for (int i = 0; i < 5; i++) {
        drive_records(&driven, hits, 3, now + i * SECOND);
        drive_time(&driven, now + (i + 1) * SECOND);
        look(&driven, "x_n", &page);
        assert_int_equal(page.samples[0].integer, i + 1);
        assert_int_equal(page.samples[1].integer, 2 * i + 2);
    }
    drive_close(&driven);
}

static void sessions_add_up(void **state)
{
    struct hit hit = {.pid = 1, .latency = 7};
    int64_t now = clock_monotonic();
    struct driven driven;
    struct page page;

    (void)state;
    open_exposed(&driven, "{window: {gap: 1s}, by: pid, values: {n: count(), low: min(latency)}, "
                          "expose: {prefix: x}}");
    for (int i = 0; i < 3; i++) {
        drive_records(&driven, &hit, 1, now + 10 * i * SECOND);
        drive_time(&driven, now + (10 * i + 5) * SECOND);
    }
    look(&driven, "x_n", &page);
    assert_int_equal(page.samples[0].integer, 3);
    look(&driven, "x_low", &page);
    assert_true(page.samples[0].number == 7);
    drive_close(&driven);
}

/* ---- configs --------------------------------------------------------------------------------- */

static void refuse_exposed(const char *config, const char *message)
{
    struct handler_host host = hit_host;

    host.pipeline_name = "p-1.x";
    refuse_handler(&aggregate_ops, config, &host, -EINVAL, message);
}

#define VALUES "{window: 1s, by: pid, values: {n: count()}, expose: "

static void refuses(void **state)
{
    (void)state;
    refuse_exposed(VALUES "yes}", "t.yaml:1:64: aggregate.expose: expected metrics, or a map of "
                                  "prefix and label_sets, as in {prefix: dns}\n");
    refuse_exposed(VALUES "[metrics]}", "t.yaml:1:64: aggregate.expose: expected metrics, or a map "
                                        "of prefix and label_sets, as in {prefix: dns}\n");
    refuse_exposed(VALUES "{prefix: 9lives}}",
                   "t.yaml:1:64: aggregate.expose: a metric name has letters, digits, _ and :, and "
                   "does not begin with a digit\n");
    refuse_exposed(VALUES "{prefix: a-b}}",
                   "t.yaml:1:64: aggregate.expose: a metric name has letters, digits, _ and :, and "
                   "does not begin with a digit\n");
    refuse_exposed(
        VALUES "{prefix: ringmill_source}}",
        "t.yaml:1:64: aggregate.expose: metrics that begin with ringmill_ are the daemon's own; "
        "give these a prefix of their own, as in {prefix: dns}\n");
    refuse_exposed(VALUES "{label_sets: 0}}",
                   "t.yaml:1:77: aggregate.expose.label_sets: expected an integer from 1 to 10000, "
                   "found \"0\"\n");
    refuse_exposed("{window: {every: 2s, hop: 1s}, values: {n: count()}, expose: metrics}",
                   "t.yaml:1:73: aggregate.expose: metrics are not possible with hop:, since each "
                   "record would be counted several times\n");
    refuse_exposed(
        "{window: {every: 2s, running: true}, overflow: evict, by: pid, values: {n: count()}, "
        "expose: metrics}",
        "t.yaml:1:105: aggregate.expose: metrics of a running window require overflow: other, "
        "since evicted groups would lose their counters\n");
    refuse_exposed("{window: 1s, values: {t: 'top(pid, 3)', c: last(comm)}, expose: metrics}",
                   "t.yaml:1:76: aggregate.expose: none of the values is a number; metrics need at "
                   "least one\n");
    refuse_exposed("{window: 1s, values: {n_total: max(pid)}, expose: metrics}",
                   "t.yaml:1:34: aggregate.values.n_total: its metric would be p_1_x_n_total, but "
                   "the ending _total is reserved; give the value another name\n");
    refuse_exposed("{window: 1s, values: {n: count(), n_total: count()}, expose: metrics}",
                   "t.yaml:1:46: aggregate.values.n_total: another value already has the metric "
                   "name p_1_x_n; rename this one\n");
    refuse_exposed("{window: 1s, values: {n: count()}, by: {le: pid}, expose: metrics}",
                   "t.yaml:1:56: aggregate.by.le: the label le is reserved; give this value "
                   "another name, as in {my_le: pid}\n");
    refuse_exposed("{window: 1s, values: {n: count()}, by: {__x: pid}, expose: metrics}",
                   "t.yaml:1:57: aggregate.by.__x: the label __x is reserved; give this value "
                   "another name, as in {my_x: pid}\n");
    refuse_exposed(
        "{window: 1s, values: {h: hist(pid)}, by: pid, expose: {label_sets: 4000}}",
        "t.yaml:1:66: aggregate.expose: too many metrics: 4000 label_sets of 68 lines each, and at "
        "most 250000 lines are allowed; lower label_sets or use fewer histogram buckets\n");
    refuse_exposed("{window: 1s, values: {n: count()}, groups: 10, memory: 1MiB, by: pid, "
                   "expose: {label_sets: 10000}}",
                   "t.yaml:1:12: aggregate: 10 groups of 72 bytes in up to 2 open windows need "
                   "3647128B, but memory: allows 1MiB; raise memory or lower groups\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_add_up_and_gauges_are_of_the_last_window),
        cmocka_unit_test(gauges_do_not_outlive_their_group),
        cmocka_unit_test(the_rest_is_merged),
        cmocka_unit_test(equal_labels_are_one_sample),
        cmocka_unit_test(a_running_window_replaces),
        cmocka_unit_test(sessions_add_up),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
