// SPDX-License-Identifier: Apache-2.0

/* Rings with several types: order, records that nobody knows, and lengths. */

#include "pipeline/dispatch.h"

#include <unistd.h>

#include "unit/pipeline/made.h"

enum { SIZE = 20 };

static struct made made;

static int tear_down(void **state)
{
    (void)state;
    made_deinit(&made);
    return 0;
}

static void init(const struct made_stream *stream, bool record)
{
    made.streams[0] = *stream;
    made_init(&made);
    if (record)
        made_record_all(&made);
}

/* What the consumer thread says meanwhile goes to a pipe. */
static void expect_complaint(const char *expected)
{
    char said[1000] = "";
    int ends[2], saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    made_turn(&made);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof(said) - 1) >= 0);
    close(ends[0]);
    assert_string_equal(said, expected);
}

static const struct made_stream three_types = {
    .n_types = 3, .n_rings = 1, .selector = STREAM_BY_FIELD};

static void one_type_is_not_cut(void **state)
{
    (void)state;
    init(&(struct made_stream){.n_types = 1, .n_rings = 1}, true);
    for (uint32_t i = 0; i < 5; i++)
        made_write(&made, 77, 0, i, SIZE);
    made_expect(&made, "a0 a1 a2 a3 a4");
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 5);
    assert_int_equal(made.graph->n_chains, 1);
}

static void output_comes_in_ring_order(void **state)
{
    static const uint32_t kinds[] = {1, 1, 2, 3, 3, 3, 1, 2, 1, 2, 1};

    (void)state;
    init(&three_types, true);
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        made_write(&made, kinds[i], 0, i, SIZE);
    made_expect(&made, "a0 a1 b2 c3 c4 c5 a6 b7 a8 b9 a10");
    assert_int_equal(made_book(&made, BOOK_SEEN), 11);
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 11);
    assert_null(source_entry_find_wrong_count(made.graph->sources, 11));
    assert_non_null(source_entry_find_wrong_count(made.graph->sources, 12));
}

/* Any kinds at all, against what they must become. */
static void random_types(void **state)
{
    const char *seed_text = getenv("SEED");
    unsigned seed = seed_text ? (unsigned)atoi(seed_text) : (unsigned)clock_monotonic();
    static struct made_log expected;
    uint64_t unknown = 0;

    (void)state;
    print_message("SEED=%u\n", seed);
    srand(seed);
    memset(&expected, 0, sizeof(expected));
    init(&three_types, true);
    made.graph->inputs[0]->told_unknown = true;
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t kind = rand() % 3 ? (uint32_t)rand() % 5 : 2;

        made_write(&made, kind, 0, i, SIZE);
        if (kind >= 1 && kind <= 3)
            made_say(&expected, "%c%u", 'a' + (char)kind - 1, i);
        else
            unknown++;
        if (rand() % 20 == 0)
            made_turn(&made);
    }
    made_expect(&made, expected.text);
    assert_int_equal(made_book(&made, BOOK_SEEN), 5000);
    assert_int_equal(made_book(&made, BOOK_UNKNOWN_TYPE), unknown);
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 5000 - unknown);
}

static void unknown_types_are_counted_and_told_once(void **state)
{
    (void)state;
    init(&three_types, true);
    made_write(&made, 9, 0, 0, SIZE);
    made_write(&made, 1, 0, 1, SIZE);
    made_write(&made, 0, 0, 2, SIZE);
    made_write(&made, UINT32_MAX, 0, 3, SIZE);
    expect_complaint("ringmill: warning: source made: ring rb has a record of the unknown type 9; "
                     "all such records are counted as unknown_type\n");
    made_write(&made, 8, 0, 4, SIZE);
    expect_complaint("");
    made_expect(&made, "a1");
    assert_int_equal(made_book(&made, BOOK_SEEN), 5);
    assert_int_equal(made_book(&made, BOOK_UNKNOWN_TYPE), 4);
    assert_int_equal(counter_get(&made.graph->inputs[0]->unknown), 4);
}

static void a_sample_too_short_for_its_selector(void **state)
{
    (void)state;
    init(&three_types, true);
    made_write(&made, 1, 0, 1, 3);
    made_write(&made, 1, 0, 2, 0);
    expect_complaint("ringmill: warning: source made: ring rb has a record of 3 bytes, too short "
                     "for its type field; all such records are counted as unknown_type\n");
    made_write(&made, 1, 0, 3, 4); /* just long enough; its id is not */
    made_expect(&made, "a0");
    assert_int_equal(made_book(&made, BOOK_UNKNOWN_TYPE), 2);
}

static void the_selector_may_be_a_tag(void **state)
{
    uint32_t tag = 2;
    char *sample;

    (void)state;
    init(&(struct made_stream){.n_types = 3, .n_rings = 1, .selector = STREAM_BY_TAG}, true);
    sample = fake_reserve(made.fakes[0][0], SIZE);
    memset(sample, 0, SIZE);
    memcpy(sample - sizeof(tag), &tag, sizeof(tag));
    fake_submit(made.fakes[0][0], sample, 0);
    made_expect(&made, "b0");
}

static void a_signed_selector(void **state)
{
    struct stream *stream;

    (void)state;
    init(&three_types, true);
    stream = (struct stream *)made.graph->inputs[0]->stream;
    stream->selected_by.is_signed = true;
    stream->types[0].value = -5;
    made_write(&made, (uint32_t)-5, 0, 1, SIZE);
    made_write(&made, 3, 0, 2, SIZE);
    made_expect(&made, "a1 c2");
}

/* ---- lengths --------------------------------------------------------------------------------- */

static void expect_long(uint64_t records, uint64_t bytes)
{
    assert_int_equal(counter_get(&made.graph->inputs[0]->long_records), records);
    assert_int_equal(counter_get(&made.graph->inputs[0]->long_bytes), bytes);
}

static void trailing_bytes_are_counted_exactly(void **state)
{
    (void)state;
    init(&(struct made_stream){.n_types = 1, .n_rings = 1}, false);
    for (uint32_t i = 0; i < 100; i++)
        made_write(&made, 1, 0, i, SIZE);
    made_turn(&made);
    expect_long(0, 0);
    made_write(&made, 1, 0, 0, SIZE + 1);
    made_write(&made, 1, 0, 0, SIZE - 1); /* shorter ones make up for nothing */
    made_write(&made, 1, 0, 0, SIZE + 100);
    made_turn(&made);
    assert_int_equal(counter_get(&made.graph->inputs[0]->short_records), 1);
    expect_long(2, 101);
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 103);
}

static void each_type_has_its_own_length(void **state)
{
    (void)state;
    init(&three_types, false);
    made.graph->inputs[0]->types[1].size = 30;
    made_write(&made, 1, 0, 0, SIZE + 8);
    made_write(&made, 2, 0, 0, SIZE + 8);
    made_write(&made, 2, 0, 0, 31);
    made_turn(&made);
    expect_long(2, 9);
}

static void an_open_end_has_no_trailing_bytes(void **state)
{
    (void)state;
    init(&(struct made_stream){.n_types = 1, .n_rings = 1, .open_ended = true}, false);
    made_write(&made, 1, 0, 0, SIZE + 50);
    made_turn(&made);
    expect_long(0, 0);
}

/* ---- chains --------------------------------------------------------------------------------- */

/* Each type has chains of its own, whose handlers know it and the others. */
static void handlers_belong_to_types(void **state)
{
    (void)state;
    made.handlers = "{filter: id > 1}, {forward: out}";
    init(&three_types, false);
    assert_int_equal(made.graph->n_chains, 4); /* and one for the unknown */
    for (uint32_t i = 0; i < 4; i++)
        made_write(&made, 1 + i % 2, 0, i, SIZE);
    made_turn(&made);
    assert_int_equal(made_book(&made, BOOK_FILTERED), 2);
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 2);
    assert_int_equal(counter_get(&made.graph->chains[1]->books.rows[BOOK_SEEN]), 2);
    assert_int_equal(made.graph->copies[0], 1); /* a record is of one type only */
}

#define IN_GRAPH(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_GRAPH(one_type_is_not_cut),
        IN_GRAPH(output_comes_in_ring_order),
        IN_GRAPH(random_types),
        IN_GRAPH(unknown_types_are_counted_and_told_once),
        IN_GRAPH(a_sample_too_short_for_its_selector),
        IN_GRAPH(the_selector_may_be_a_tag),
        IN_GRAPH(a_signed_selector),
        IN_GRAPH(trailing_bytes_are_counted_exactly),
        IN_GRAPH(each_type_has_its_own_length),
        IN_GRAPH(an_open_end_has_no_trailing_bytes),
        IN_GRAPH(handlers_belong_to_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
