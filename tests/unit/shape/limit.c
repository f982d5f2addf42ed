// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

/* What passes of a batch of so many. */
static uint32_t pass(struct opened *opened, uint32_t records)
{
    struct notes notes;
    uint32_t selected;

    notes_init_many(&notes, records);
    opened->handler->ops->process(opened->handler, &notes.batch);
    selected = notes.batch.selected;
    for (uint32_t i = 0; i < selected; i++)
        assert_int_equal(notes.batch.selection[i], i); /* the first ones */
    notes_deinit(&notes);
    return selected;
}

static void lets_the_first_ones_through(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{count: 10}", &host);

    (void)state;
    assert_int_equal(pass(&opened, 4), 4);
    assert_false(opened.handler->exhausted);
    assert_int_equal(pass(&opened, 5), 5);
    assert_false(opened.handler->exhausted);
    assert_int_equal(pass(&opened, 3), 1);
    assert_true(opened.handler->exhausted);
    assert_int_equal(pass(&opened, 7), 0);
    assert_int_equal(pass(&opened, 0), 0);
    assert_true(opened.handler->exhausted);
    close_handler(&opened);
}

/* Nothing needs to come after the last one for it to be known as the last. */
static void is_exhausted_with_its_last_record(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{count: 5}", &host);

    (void)state;
    assert_int_equal(pass(&opened, 5), 5);
    assert_true(opened.handler->exhausted);
    close_handler(&opened);
}

/* Of two types of one source, the one that came first counts for both. */
static void types_count_together(void **state)
{
    struct opened first = open_handler(&limit_ops, "{count: 10}", &host);
    struct handler_host beside = host;
    struct opened second;

    (void)state;
    beside.first = first.handler;
    second = open_handler(&limit_ops, "{count: 10}", &beside);
    assert_int_equal(pass(&second, 4), 4);
    assert_int_equal(pass(&first, 3), 3);
    assert_false(handler_is_exhausted(second.handler));
    assert_int_equal(pass(&second, 4), 3);
    assert_true(handler_is_exhausted(second.handler));
    assert_true(handler_is_exhausted(first.handler));
    assert_int_equal(pass(&first, 4), 0);
    close_handler(&first);
    close_handler(&second);
}

static void the_largest_limit_is_no_limit(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{count: 9223372036854775807}", &host);

    (void)state;
    assert_int_equal(pass(&opened, BATCH_MAX), BATCH_MAX);
    assert_false(opened.handler->exhausted);
    close_handler(&opened);
}

/* ---- rates ----------------------------------------------------------------------------------- */

#define MS INT64_C(1000000)

/* Which of the records with these ids pass at that time; a bit for each. */
static uint32_t pass_ids(struct opened *opened, const uint32_t *ids, uint32_t n, int64_t now)
{
    struct notes notes;
    uint32_t passed = 0;

    notes_init(&notes);
    for (uint32_t i = 0; i < n; i++)
        notes_add(&notes, ids[i], 0);
    batch_select_all(&notes.batch);
    notes.batch.now = now;
    opened->handler->ops->process(opened->handler, &notes.batch);
    for (uint32_t i = 0; i < notes.batch.selected; i++)
        passed |= 1u << notes.batch.selection[i];
    notes_deinit(&notes);
    return passed;
}

static uint32_t pass_at(struct opened *opened, uint32_t records, int64_t now)
{
    uint32_t ids[32] = {0}, passed = pass_ids(opened, ids, records, now);

    assert_int_equal(passed & (passed + 1), 0); /* the first ones */
    return (uint32_t)__builtin_popcount(passed);
}

static void a_rate_refills(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{rate: 10/s}", &host);

    (void)state;
    assert_int_equal(pass_at(&opened, 8, 1000 * MS), 8);
    assert_int_equal(pass_at(&opened, 8, 1000 * MS), 2);
    assert_int_equal(pass_at(&opened, 8, 1099 * MS), 0);
    assert_int_equal(pass_at(&opened, 8, 1100 * MS), 1);
    assert_int_equal(pass_at(&opened, 8, 1399 * MS), 2);
    assert_int_equal(pass_at(&opened, 8, 1400 * MS), 1);
    assert_int_equal(pass_at(&opened, 32, 9000 * MS), 10);
    assert_false(opened.handler->exhausted);
    close_handler(&opened);
}

static void types_share_a_rate_but_not_a_key(void **state)
{
    struct opened first = open_handler(&limit_ops, "{rate: 10/s}", &host);
    struct opened keyed = open_handler(&limit_ops, "{rate: 10/s, by: id}", &host);
    struct handler_host beside = host, beside_keyed = host;
    struct opened second, second_keyed;

    (void)state;
    beside.first = first.handler;
    beside_keyed.first = keyed.handler;
    second = open_handler(&limit_ops, "{rate: 10/s}", &beside);
    second_keyed = open_handler(&limit_ops, "{rate: 10/s, by: id}", &beside_keyed);
    assert_int_equal(pass_at(&first, 8, 1000 * MS), 8);
    assert_int_equal(pass_at(&second, 8, 1000 * MS), 2);
    assert_int_equal(pass_at(&keyed, 8, 1000 * MS), 8);
    assert_int_equal(pass_at(&second_keyed, 8, 1000 * MS), 8);
    close_handler(&first);
    close_handler(&second);
    close_handler(&keyed);
    close_handler(&second_keyed);
}

static void burst_is_what_passes_at_once(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{rate: 3600/h, burst: 5}", &host);

    (void)state;
    assert_int_equal(pass_at(&opened, 32, 1000 * MS), 5);
    assert_int_equal(pass_at(&opened, 32, 2000 * MS), 1);
    assert_int_equal(pass_at(&opened, 32, 3600 * 1000 * MS), 5);
    close_handler(&opened);
}

static void each_key_has_its_own_rate(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{rate: 2/s, by: [id % 10]}", &host);
    const uint32_t ids[] = {1, 2, 11, 1, 2, 21, 3};

    (void)state;
    assert_int_equal(pass_ids(&opened, ids, 7, 1000 * MS), 0x57); /* the third 1 does not */
    assert_int_equal(pass_ids(&opened, ids, 7, 1000 * MS), 0x40); /* the second 3 does */
    assert_int_equal(pass_ids(&opened, ids, 7, 1500 * MS), 0x43);
    close_handler(&opened);
}

static void emit(void *data, const struct row *row, uint64_t value)
{
    char *text = data;
    size_t used = strlen(text);

    snprintf(text + used, 100 - used, "%s %lu\n", row->name, (unsigned long)value);
}

static void keys_are_bounded_and_counted(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{rate: 1/h, by: id, keys: 2}", &host);
    const uint32_t ids[] = {1, 2, 1, 2, 3, 4, 5};
    char rows[100] = "";

    (void)state;
    assert_int_equal(pass_ids(&opened, ids, 7, 1000 * MS), 0x73);
    opened.handler->ops->rows(opened.handler, emit, rows);
    assert_string_equal(rows, "keys 2\nkeys_evicted 3\n");
    close_handler(&opened);
}

static void shows_what_is_left(void **state)
{
    struct opened counts = open_handler(&limit_ops, "{count: 5}", &host);
    struct opened rates = open_handler(&limit_ops, "{rate: 5/s}", &host);
    char rows[100] = "";

    (void)state;
    pass(&counts, 3);
    counts.handler->ops->rows(counts.handler, emit, rows);
    assert_string_equal(rows, "left 2\n");
    rates.handler->ops->rows(rates.handler, emit, rows);
    assert_string_equal(rows, "left 2\n");
    close_handler(&counts);
    close_handler(&rates);
}

static void refuses(void **state)
{
    (void)state;
    refuse_handler(&limit_ops, "{count: 0}", &host, -EINVAL,
                   "t.yaml:1:16: limit.count: expected an integer from 1 to 9223372036854775807, "
                   "found \"0\"\n");
    refuse_handler(&limit_ops, "{count: -1}", &host, -EINVAL,
                   "t.yaml:1:16: limit.count: expected an integer from 1 to 9223372036854775807, "
                   "found \"-1\"\n");
    refuse_handler(&limit_ops, "{count: 9223372036854775808}", &host, -EINVAL,
                   "t.yaml:1:16: limit.count: expected an integer from 1 to 9223372036854775807, "
                   "found \"9223372036854775808\", which does not fit 64 bits\n");
    refuse_handler(&limit_ops, "{count: many}", &host, -EINVAL,
                   "t.yaml:1:16: limit.count: expected an integer from 1 to 9223372036854775807, "
                   "found \"many\"\n");
    refuse_handler(&limit_ops, "{}", &host, -EINVAL,
                   "t.yaml:1:8: limit: missing key: write count, as in {count: 1000}, or rate, as "
                   "in {rate: 100/s}\n");
    refuse_handler(&limit_ops, "10", &host, -EINVAL,
                   "t.yaml:1:8: limit: expected a map; write limit: {count: 10}\n");
    refuse_handler(&limit_ops, "", &host, -EINVAL,
                   "t.yaml:1:1: limit: the value is missing; expected a map\n");
    refuse_handler(&limit_ops, "{cuont: 10}", &host, -EINVAL,
                   "t.yaml:1:9: limit.cuont: unknown key; allowed are count, rate, burst, by, "
                   "keys; did you mean \"count\"?\n");
    refuse_handler(&limit_ops, "{count: 10, rate: 5/s}", &host, -EINVAL,
                   "t.yaml:1:20: limit.rate: count and rate exclude each other; remove one\n");
    refuse_handler(&limit_ops, "{count: 10, by: id, burst: 2}", &host, -EINVAL,
                   "t.yaml:1:20: limit.by: this key requires rate:\n"
                   "t.yaml:1:28: limit.burst: this key requires rate:\n");
    refuse_handler(&limit_ops, "{rate: 5}", &host, -EINVAL,
                   "t.yaml:1:15: limit.rate: expected a rate from 1 to 1000000000, found \"5\"; "
                   "write it like 100/s, 30/min or 5/h\n");
    refuse_handler(&limit_ops, "{rate: 5/s, by: idd}", &host, -EINVAL,
                   "t.yaml:1:24: limit.by: struct note has no field idd; did you mean id?\n"
                   "    idd\n"
                   "    ^\n");
    refuse_handler(&limit_ops, "{rate: 5/s, keys: 50}", &host, -EINVAL,
                   "t.yaml:1:20: limit.keys: this key requires by:\n");
    refuse_handler(&limit_ops, "{rate: 5/s, keys: 5000000}", &host, -EINVAL,
                   "t.yaml:1:26: limit.keys: expected an integer from 1 to 4194304, found "
                   "\"5000000\"\n");
}

static void close_accepts_null(void **state)
{
    (void)state;
    limit_ops.close(NULL);
    assert_string_equal(limit_ops.name, "limit");
    assert_int_equal(limit_ops.removes, BOOK_LIMITED);
    assert_false(limit_ops.forwards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_the_first_ones_through),
        cmocka_unit_test(is_exhausted_with_its_last_record),
        cmocka_unit_test(types_count_together),
        cmocka_unit_test(the_largest_limit_is_no_limit),
        cmocka_unit_test(a_rate_refills),
        cmocka_unit_test(types_share_a_rate_but_not_a_key),
        cmocka_unit_test(burst_is_what_passes_at_once),
        cmocka_unit_test(each_key_has_its_own_rate),
        cmocka_unit_test(keys_are_bounded_and_counted),
        cmocka_unit_test(shows_what_is_left),
        cmocka_unit_test(refuses),
        cmocka_unit_test(close_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
