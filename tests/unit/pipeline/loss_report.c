// SPDX-License-Identifier: Apache-2.0

/* Losses from both sides: counted ones by the slot, gaps by the numbers in the records. */

#include "pipeline/loss_report.h"

#include "unit/pipeline/made.h"

enum { SIZE = 20 };

static struct made made;

static int tear_down(void **state)
{
    (void)state;
    made_deinit(&made);
    return 0;
}

static void init(struct made_stream stream)
{
    stream.n_types = stream.n_types ? stream.n_types : 1;
    stream.n_rings = stream.n_rings ? stream.n_rings : 1;
    made.streams[0] = stream;
    made_init(&made);
    made_record_all(&made);
}

static void write_numbers(const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        made_write(&made, 1, numbers[i], i, SIZE);
}

#define NUMBERS(...)                               \
    write_numbers((const uint32_t[]){__VA_ARGS__}, \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* ---- gaps ------------------------------------------------------------------------------------ */

static void a_gap_stands_where_it_is(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(7, 8, 9, 12, 13, 20);
    made_expect(&made, "a0 a1 a2 [lost 2] a3 a4 [lost 6] a5");
    assert_int_equal(input_lost(made.graph->inputs[0]), 8);
    assert_int_equal(made_book(&made, BOOK_SEEN), 6);
    assert_int_equal(made_book(&made, BOOK_EMITTED), 2);
    assert_int_equal(made_book(&made, BOOK_FORWARDED), 8);
}

/* Also from one batch to the next, and one turn to the next. */
static void a_gap_between_batches(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(1, 2);
    made_turn(&made);
    NUMBERS(5);
    made_expect(&made, "a0 a1 [lost 2] a0");
}

static void numbers_wrap(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(UINT32_MAX - 1, UINT32_MAX, 0, 1, 3);
    made_expect(&made, "a0 a1 a2 a3 [lost 1] a4");
}

static void a_gap_over_the_wrap(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(UINT32_MAX - 2, 2);
    made_expect(&made, "a0 [lost 4] a1");
}

static void a_jump_backwards_is_a_new_beginning(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(1000, 1001, 0, 1, 1, 2, 4);
    made_expect(&made, "a0 a1 a2 a3 a4 a5 [lost 1] a6");
}

/* Numbers of 64 bits: the field at 8, which made_write() fills with the same. */
static void wide_numbers(void **state)
{
    static const uint64_t numbers[] = {UINT64_MAX - 1,    UINT64_MAX, 0, 5,
                                       UINT64_C(1) << 40, UINT64_MAX};

    (void)state;
    init((struct made_stream){.numbered = true, .wide = true});
    for (uint32_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct made_record record = {.kind = 1, .time = numbers[i], .id = i};

        assert_int_equal(fake_write(made.fakes[0][0], &record, SIZE, 0), 0);
    }
    made_expect(&made, "a0 a1 a2 [lost 4] a3 [lost 1099511627770] a4 a5");
}

static void records_without_a_number_count_for_nothing(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    NUMBERS(1, 2);
    made_write(&made, 1, 0, 0, 6);
    NUMBERS(3, 5);
    made_expect(&made, "a0 a1 a0 a0 [lost 1] a1");
}

/* The numbers go on over types, known ones or not, and a run ends where a gap is. */
static void numbers_go_on_over_types(void **state)
{
    (void)state;
    init((struct made_stream){.n_types = 2, .selector = STREAM_BY_FIELD, .numbered = true});
    made.graph->inputs[0]->told_unknown = true;
    made_write(&made, 1, 1, 1, SIZE);
    made_write(&made, 2, 2, 2, SIZE);
    made_write(&made, 2, 4, 4, SIZE);
    made_write(&made, 9, 5, 5, SIZE);
    made_write(&made, 9, 7, 7, SIZE);
    made_write(&made, 1, 8, 8, SIZE);
    made_expect(&made, "a1 b2 [lost 1] b4 [lost 1] a8");
    assert_int_equal(made_book(&made, BOOK_UNKNOWN_TYPE), 2);
    assert_int_equal(made_book(&made, BOOK_EMITTED), 2); /* once for the pipeline, not for a type */
}

/* Each ring counts for itself. */
static void shards_have_numbers_of_their_own(void **state)
{
    struct made_record record = {.kind = 1, .number = 500};

    (void)state;
    init((struct made_stream){.numbered = true, .n_rings = 2});
    NUMBERS(1, 2, 3);
    for (uint32_t i = 0; i < 3; i++, record.number++)
        assert_int_equal(fake_write(made.fakes[0][1], &record, SIZE, 0), 0);
    made_turn(&made);
    assert_int_equal(input_lost(made.graph->inputs[0]), 0);
    record.number++;
    assert_int_equal(fake_write(made.fakes[0][1], &record, SIZE, 0), 0);
    made_turn(&made);
    assert_int_equal(input_lost(made.graph->inputs[0]), 1);
}

static void times_of_a_gap(void **state)
{
    const struct input_ring *ring;

    (void)state;
    init((struct made_stream){.numbered = true, .timed = true});
    ring = made.graph->rings[0];
    made_write(&made, 1, 50, 0, SIZE); /* its time is 50, too */
    made_turn(&made);
    assert_int_equal(ring->numbered_at, 50);
    made_write(&made, 1, 51, 0, 10); /* too short to say */
    made_turn(&made);
    assert_int_equal(ring->numbered_at, made.consumer.turn_start);
}

/* ---- counted ones ---------------------------------------------------------------------------- */

static void a_counted_loss_comes_once(void **state)
{
    struct input *input;

    (void)state;
    init((struct made_stream){.counted = true});
    input = made.graph->inputs[0];
    assert_false(loss_report_post(input, 10, 11));
    assert_true(loss_report_all_posted(input));
    input->lost = 5;
    assert_false(loss_report_all_posted(input));
    assert_true(loss_report_post(input, 20, 21));
    assert_true(loss_report_all_posted(input));
    assert_int_equal(input->loss.since, 10);
    assert_int_equal(input->loss.until, 21);
    made_write(&made, 1, 0, 1, SIZE);
    made_expect(&made, "[lost 5] a1");
    assert_false(loss_report_is_posted(input));
    made_expect(&made, "[lost 5] a1");
    assert_int_equal(input_lost(input), 5);
    assert_int_equal(made_book(&made, BOOK_EMITTED), 1);
}

/* While the consumer has not taken the last one, more of it gathers. */
static void losses_gather(void **state)
{
    struct input *input;

    (void)state;
    init((struct made_stream){.counted = true});
    input = made.graph->inputs[0];
    loss_report_post(input, 10, 11);
    input->lost = 5;
    assert_true(loss_report_post(input, 20, 21));
    input->lost = 7;
    assert_false(loss_report_post(input, 30, 31));
    input->lost = 8;
    assert_false(loss_report_post(input, 40, 41));
    made_turn(&made);
    assert_true(loss_report_post(input, 50, 51));
    assert_int_equal(input->loss.since, 20);
    assert_int_equal(input->loss.until, 51);
    made_expect(&made, "[lost 5] [lost 3]");
}

static void the_counter_rules(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true, .counted = true});
    NUMBERS(1, 5);
    made.graph->inputs[0]->lost = 3;
    loss_report_post(made.graph->inputs[0], 1, 2);
    made_expect(&made, "[lost 3] a0 a1");
    assert_int_equal(input_lost(made.graph->inputs[0]), 3);
}

/* Without a counter, what source_lost() may say is nothing to post. */
static void numbers_rule_alone(void **state)
{
    (void)state;
    init((struct made_stream){.numbered = true});
    made.graph->inputs[0]->lost = 3;
    assert_true(loss_report_all_posted(made.graph->inputs[0]));
    assert_false(loss_report_post(made.graph->inputs[0], 1, 2));
    assert_int_equal(input_lost(made.graph->inputs[0]), 0);
}

#define IN_GRAPH(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_GRAPH(a_gap_stands_where_it_is),
        IN_GRAPH(a_gap_between_batches),
        IN_GRAPH(numbers_wrap),
        IN_GRAPH(a_gap_over_the_wrap),
        IN_GRAPH(a_jump_backwards_is_a_new_beginning),
        IN_GRAPH(wide_numbers),
        IN_GRAPH(records_without_a_number_count_for_nothing),
        IN_GRAPH(numbers_go_on_over_types),
        IN_GRAPH(shards_have_numbers_of_their_own),
        IN_GRAPH(times_of_a_gap),
        IN_GRAPH(a_counted_loss_comes_once),
        IN_GRAPH(losses_gather),
        IN_GRAPH(the_counter_rules),
        IN_GRAPH(numbers_rule_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
