// SPDX-License-Identifier: Apache-2.0

/* One stream over 20 machines: what is merged of their rows must be what the stream itself says,
 * counted here by looking at every record of a group. */
#include "cli/merger.h"

#include <math.h>

#include "aggregate/row_form.h"
#include "base/base64.h"
#include "unit/aggregate/support.h"

enum { MACHINES = 20, HITS = 40000, WINDOWS = 3, NAMES = 6, FORMS_MAX = 4000 };

static const char config[] =
    "{window: {every: 10s, align: true}, by: [comm], groups: 100, emit: sketches, values: {n: "
    "count(), "
    "sum: sum(latency), sizes: sum(size), loads: sum(load), low: min(latency), high: max(size), "
    "mean: mean(latency), dev: stddev(latency), first: first(comm), p50: 'quantile(latency, 0.5)', "
    "p99: 'quantile(latency, 0.99)', s10: 'quantile(size, 0.1)', kinds: distinct(latency), "
    "busy: 'top(pid, 5, 200)', h: hist(latency), r: rate()}}";

struct forms {
    uint8_t *bytes[FORMS_MAX];
    size_t lengths[FORMS_MAX];
    uint32_t count;
};

static void keep_form(void *data, const struct batch *batch, uint32_t index)
{
    struct forms *forms = data;
    struct text text = batch_text(batch, row_field(batch, "_sketches"), index);
    uint8_t *bytes = malloc(text.length);
    int64_t length = base64_read(text.bytes, text.length, bytes);

    assert_true(length > 0 && forms->count < FORMS_MAX);
    forms->bytes[forms->count] = bytes;
    forms->lengths[forms->count++] = (size_t)length;
}

static void forms_free(struct forms *forms)
{
    for (uint32_t i = 0; i < forms->count; i++)
        free(forms->bytes[i]);
    forms->count = 0;
}

static struct hit hits[HITS];
static int windows_of[HITS];
static const int64_t begin = 1000 * SECOND;

static void fill_hits(uint64_t *state)
{
    for (uint32_t i = 0; i < HITS; i++) {
        uint64_t number = random_next(state);

        hits[i] = (struct hit){
            .latency = number >> 40 >> number % 20,
            .size = (int64_t)(number >> 30) % 100000 - 30000,
            .load = (double)(number % 1000) / 7,
            .pid = (uint32_t)(number % 1000 * (number >> 20 & 1023) / 1000),
        };
        snprintf(hits[i].comm, sizeof(hits[i].comm), "name%u", (unsigned)(number >> 50) % NAMES);
        windows_of[i] = (int)((uint64_t)i * WINDOWS / HITS);
    }
}

/* Machine 0 to 19, by chance; of each the rows of all windows. */
static void run_machine(uint32_t machine, struct forms *forms)
{
    static struct hit own[HITS];
    struct driven driven;

    drive_open(&driven, config, keep_form, forms);
    for (int window = 0; window < WINDOWS; window++) {
        uint32_t count = 0;

        for (uint32_t i = 0; i < HITS; i++)
            if (windows_of[i] == window && i * 7919 % MACHINES == machine)
                own[count++] = hits[i];
        drive_records(&driven, own, count, begin + window * 10 * SECOND);
        drive_time(&driven, begin + (window + 1) * 10 * SECOND);
    }
    drive_close(&driven);
}

static int compare_unsigned(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

static int compare_signed(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

static bool within(double value, double wanted, double relative)
{
    return fabs(value - wanted) <= relative * fabs(wanted) + 1e-9;
}

static void check_top(const struct batch *batch, uint32_t row, const uint32_t *pids)
{
    const struct field *top = row_field(batch, "busy");
    const char *at = (const char *)batch->views[row].data + top->offset;

    for (uint32_t i = 0; i < field_count(top, &batch->views[row]); i++) {
        uint64_t entry[10]; /* 64 bytes of the value, count, error */

        memcpy(entry, at + (size_t)i * top->stride, sizeof(entry));
        assert_in_range(pids[entry[0]], entry[8] - entry[9], entry[8]);
    }
}

static uint64_t hist_total(const struct batch *batch, uint32_t row, double most)
{
    const struct field *hist = row_field(batch, "h");
    const char *at = (const char *)batch->views[row].data + hist->offset;
    uint64_t total = 0;

    for (uint32_t i = 0; i < field_count(hist, &batch->views[row]); i++) {
        double bound;
        uint64_t count;

        memcpy(&bound, at + (size_t)i * hist->stride, sizeof(bound));
        memcpy(&count, at + (size_t)i * hist->stride + 8, sizeof(count));
        total += bound <= most ? count : 0;
    }
    return total;
}

static void check_row(const struct batch *batch, uint32_t row, int window, bool whole)
{
    static uint64_t latencies[HITS];
    static int64_t sizes[HITS];
    static uint32_t pids[1024];
    struct text name = batch_text(batch, row_field(batch, "comm"), row);
    uint64_t count = 0, sum = 0, small = 0, kinds = 0, distinct = row_integer(batch, "kinds", row);
    int64_t size_sum = 0;
    double loads = 0, squares = 0, mean;

    memset(pids, 0, sizeof(pids));
    for (uint32_t i = 0; i < HITS; i++) {
        if ((!whole && windows_of[i] != window) || strlen(hits[i].comm) != name.length ||
            memcmp(hits[i].comm, name.bytes, name.length) != 0)
            continue;
        latencies[count] = hits[i].latency;
        sizes[count++] = hits[i].size;
        sum += hits[i].latency;
        size_sum += hits[i].size;
        loads += hits[i].load;
        pids[hits[i].pid]++;
        small += hits[i].latency <= 1024;
    }
    qsort(latencies, count, sizeof(*latencies), compare_unsigned);
    qsort(sizes, count, sizeof(*sizes), compare_signed);
    mean = (double)sum / (double)count;
    for (uint64_t i = 0; i < count; i++) {
        squares += ((double)latencies[i] - mean) * ((double)latencies[i] - mean);
        kinds += i == 0 || latencies[i] != latencies[i - 1];
    }
    assert_int_equal(row_integer(batch, "n", row), count);
    assert_int_equal(row_integer(batch, "sum", row), sum);
    assert_int_equal((int64_t)row_integer(batch, "sizes", row), size_sum);
    assert_true(within(row_float(batch, "loads", row), loads, 1e-9));
    assert_int_equal(row_integer(batch, "low", row), latencies[0]);
    assert_int_equal((int64_t)row_integer(batch, "high", row), sizes[count - 1]);
    assert_true(row_float(batch, "mean", row) == mean);
    assert_true(within(row_float(batch, "dev", row), sqrt(squares / (double)count), 1e-6));
    assert_true(within(row_float(batch, "p50", row),
                       (double)latencies[(uint64_t)(0.5 * (double)(count - 1))], 0.01 + 1e-9));
    assert_true(within(row_float(batch, "p99", row),
                       (double)latencies[(uint64_t)(0.99 * (double)(count - 1))], 0.01 + 1e-9));
    assert_true(within(row_float(batch, "s10", row),
                       (double)sizes[(uint64_t)(0.1 * (double)(count - 1))], 0.01 + 1e-9));
    assert_true(within((double)distinct, (double)kinds, 6 * 0.02));
    assert_int_equal(hist_total(batch, row, INFINITY), count);
    assert_int_equal(hist_total(batch, row, 1024), small);
    assert_true(within(row_float(batch, "r", row), (double)count / (whole ? 30 : 10), 1e-9));
    assert_int_equal(batch_text(batch, row_field(batch, "first"), row).length, name.length);
    check_top(batch, row, pids);
}

static uint32_t merge_and_check(const struct forms *forms, bool whole)
{
    struct merger *merger = merger_new(1000, whole);
    struct error error = {0};
    struct batch batch;
    uint32_t rows = 0;
    int64_t before = 0;

    for (uint32_t i = 0; i < forms->count; i++)
        if (merger_add(merger, "here", forms->bytes[i], forms->lengths[i], &error) != 0)
            fail_msg("%s", error.text);
    assert_int_equal(merger_count(merger), forms->count);
    assert_string_equal(merger_source(merger), "hits");
    while (merger_next(merger, &batch))
        for (uint32_t i = 0; i < batch.selected; i++, rows++) {
            int64_t start = (int64_t)row_integer(&batch, "_start", i);

            assert_true(start >= before);
            before = start;
            check_row(&batch, i, (int)((start - begin) / (10 * SECOND)), whole);
        }
    merger_free(merger);
    return rows;
}

static void a_fleet_is_as_one_machine(void **state)
{
    static struct forms forms;
    uint64_t seed = random_seed("merger");

    (void)state;
    fill_hits(&seed);
    for (uint32_t machine = 0; machine < MACHINES; machine++)
        run_machine(machine, &forms);
    assert_int_equal(merge_and_check(&forms, false), WINDOWS * NAMES);
    assert_int_equal(merge_and_check(&forms, true), NAMES);
    forms_free(&forms);
}

/* ---- what does not fit ----------------------------------------------------------------------- */

static struct forms one_form(const char *aggregate)
{
    struct hit hit = {.pid = 7, .latency = 100, .comm = "x"};
    struct forms forms = {.count = 0};
    struct driven driven;

    drive_open(&driven, aggregate, keep_form, &forms);
    drive_records(&driven, &hit, 1, begin);
    drive_end(&driven, begin + 10 * SECOND);
    drive_close(&driven);
    assert_int_equal(forms.count, 1);
    return forms;
}

static void expect_refusal(const char *one, const char *other, const char *message)
{
    struct forms first = one_form(one), second = one_form(other);
    struct merger *merger = merger_new(10, false);
    struct error error = {0};

    assert_int_equal(merger_add(merger, "a:1", first.bytes[0], first.lengths[0], &error), 0);
    assert_int_equal(merger_add(merger, "b:1", second.bytes[0], second.lengths[0], &error),
                     *message ? -EINVAL : 0);
    assert_string_equal(error.text, message);
    merger_free(merger);
    forms_free(&first);
    forms_free(&second);
}

#define VALUES(text) "{window: 1s, by: [pid], emit: sketches, values: " text "}"

static void what_differs_is_refused(void **state)
{
    (void)state;
    expect_refusal(VALUES("{p: 'quantile(latency, 0.9, 0.02)'}"),
                   VALUES("{p: 'quantile(latency, 0.9)'}"),
                   "cannot merge p: it is quantile(latency, 0.9) here, but quantile(latency, 0.9, "
                   "0.02) in a:1");
    expect_refusal(VALUES("{p: 'quantile(latency, 0.9)'}"), VALUES("{p: 'quantile(pid,  0.90)'}"),
                   "p is computed from another type than in a:1");
    expect_refusal(VALUES("{p: 'quantile(latency, 0.9)'}"),
                   VALUES("{p: 'quantile( latency,0.90, 0.01)'}"), "");
    expect_refusal(
        VALUES("{p: 'quantile(latency, 0.9)'}"), VALUES("{p: 'quantile(latency, 0.8)'}"),
        "cannot merge p: it is quantile(latency, 0.8) here, but quantile(latency, 0.9) in a:1");
    expect_refusal(
        VALUES("{h: 'hist(latency, 1, 2)'}"), VALUES("{h: 'hist(latency, 1, 3)'}"),
        "cannot merge h: it is hist(latency, 1, 3) here, but hist(latency, 1, 2) in a:1");
    expect_refusal(VALUES("{d: distinct(pid)}"), VALUES("{d: 'distinct(pid, 0.1)'}"),
                   "cannot merge d: it is distinct(pid, 0.1) here, but distinct(pid) in a:1");
    expect_refusal(VALUES("{t: 'top(pid, 3)'}"), VALUES("{t: 'top(pid, 3, 31)'}"),
                   "cannot merge t: it is top(pid, 3, 31) here, but top(pid, 3) in a:1");
    expect_refusal(VALUES("{n: count()}"), VALUES("{m: count()}"),
                   "its values are m, but n in a:1");
    expect_refusal(VALUES("{n: count()}"), VALUES("{n: count(), m: max(pid)}"),
                   "its values are n, m, but n in a:1");
    expect_refusal(VALUES("{n: count()}"), VALUES("{n: rate()}"),
                   "cannot merge n: it is rate() here, but count() in a:1");
    expect_refusal(VALUES("{n: sum(pid)}"), VALUES("{n: sum(size)}"),
                   "cannot merge n: it is sum(size) here, but sum(pid) in a:1");
    expect_refusal(VALUES("{n: count()}"), "{window: 1s, emit: sketches, values: {n: count()}}",
                   "its groups are by nothing, but by pid in a:1");
    expect_refusal(VALUES("{n: count()}"),
                   "{window: 1s, by: {pid: comm}, emit: sketches, values: {n: count()}}",
                   "pid has another type than in a:1");
}

static void what_is_damaged_is_refused(void **state)
{
    struct forms forms = one_form(VALUES("{n: count(), p: 'quantile(latency, 0.5)', t: 'top(comm, "
                                         "2)', f: first(comm), s: sum(size), h: hist(load)}"));
    struct error error;

    (void)state;
    for (size_t length = 0; length < forms.lengths[0]; length++) {
        struct merger *merger = merger_new(10, false);

        assert_int_equal(merger_add(merger, "a:1", forms.bytes[0], length, &error), -EINVAL);
        merger_free(merger);
    }
    forms.bytes[0][3] = 2;
    {
        struct merger *merger = merger_new(10, false);

        assert_int_equal(merger_add(merger, "a:1", forms.bytes[0], forms.lengths[0], &error),
                         -EINVAL);
        assert_string_equal(error.text, "unknown format version 2; this ringmill reads version 1");
        merger_free(merger);
    }
    forms_free(&forms);
}

static void groups_have_a_limit(void **state)
{
    struct merger *merger = merger_new(2, false);
    struct error error;

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct hit hit = {.pid = (uint32_t)i};
        struct forms forms = {.count = 0};
        struct driven driven;

        drive_open(&driven, VALUES("{n: count()}"), keep_form, &forms);
        drive_records(&driven, &hit, 1, begin);
        drive_end(&driven, begin + SECOND / 2);
        drive_close(&driven);
        assert_int_equal(merger_add(merger, "a:1", forms.bytes[0], forms.lengths[0], &error),
                         i < 2 ? 0 : -ENOSPC);
        if (i < 2)
            assert_int_equal(merger_add(merger, "a:2", forms.bytes[0], forms.lengths[0], &error),
                             0);
        forms_free(&forms);
    }
    assert_string_equal(error.text, "there are more than 2 groups");
    merger_free(merger);
}

static void windows_that_overlap_are_not_made_one(void **state)
{
    struct forms forms =
        one_form("{window: {every: 2s, hop: 2s}, emit: sketches, values: {n: count()}}");
    struct forms running =
        one_form("{window: {every: 1h, running: true}, emit: sketches, values: {n: count()}}");
    struct merger *merger = merger_new(10, true);
    struct error error;

    (void)state;
    assert_int_equal(merger_add(merger, "a:1", forms.bytes[0], forms.lengths[0], &error), 0);
    assert_int_equal(merger_add(merger, "b:1", running.bytes[0], running.lengths[0], &error),
                     -EINVAL);
    assert_string_equal(
        error.text, "its windows overlap (hop or running), so they cannot be combined into one");
    merger_free(merger);
    forms_free(&forms);
    forms_free(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fleet_is_as_one_machine),
        cmocka_unit_test(what_differs_is_refused),
        cmocka_unit_test(what_is_damaged_is_refused),
        cmocka_unit_test(groups_have_a_limit),
        cmocka_unit_test(windows_that_overlap_are_not_made_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
