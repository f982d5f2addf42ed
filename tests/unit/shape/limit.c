// SPDX-License-Identifier: Apache-2.0
#include "shape/limit.h"

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

static void the_largest_limit_is_no_limit(void **state)
{
    struct opened opened = open_handler(&limit_ops, "{count: 9223372036854775807}", &host);

    (void)state;
    assert_int_equal(pass(&opened, BATCH_MAX), BATCH_MAX);
    assert_false(opened.handler->exhausted);
    close_handler(&opened);
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
                   "t.yaml:1:8: limit: the key \"count\" is missing (how many records of each "
                   "source pass before "
                   "none does)\n");
    refuse_handler(&limit_ops, "10", &host, -EINVAL,
                   "t.yaml:1:8: limit: expected a map, found a text\n");
    refuse_handler(&limit_ops, "", &host, -EINVAL,
                   "t.yaml:1:1: limit: the value is missing; expected a map\n");
    refuse_handler(
        &limit_ops, "{cuont: 10}", &host, -EINVAL,
        "t.yaml:1:8: limit: the key \"count\" is missing (how many records of each source pass "
        "before none does)\n"
        "t.yaml:1:9: limit.cuont: unknown key; allowed are count; did you mean \"count\"?\n");
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
        cmocka_unit_test(the_largest_limit_is_no_limit),
        cmocka_unit_test(refuses),
        cmocka_unit_test(close_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
