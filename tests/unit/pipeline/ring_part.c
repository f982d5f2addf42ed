// SPDX-License-Identifier: Apache-2.0

/* The part of a ring that counts: where it begins is known later than the ring is read, and where
 * it ends may be decided while it is read. */

#include "pipeline/ring_part.h"

#include <ringmill/ring.h>

#include "source/ring_bounds.h"
#include "unit/pipeline/made.h"

enum { SIZE = 20, BYTES = 32 }; /* of a record, and with its header and padding */

static struct made made;
static struct ring_bounds bounds;

static int set_up(void **state)
{
    (void)state;
    made.streams[0] = (struct made_stream){.n_types = 1, .n_rings = 1};
    made.streams[1] = (struct made_stream){0};
    made_init(&made);
    made_record_all(&made);
    bounds.from = 0;
    bounds.until = RING_UNTIL_OPEN;
    made.graph->inputs[0]->rings[0]->bounds = &bounds;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    made_deinit(&made);
    return 0;
}

static struct input_ring *the_ring(void)
{
    return made.graph->inputs[0]->rings[0];
}

static void write_some(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct made_record record = {.kind = 1, .time = 1, .id = first + i};

        assert_int_equal(fake_write(made.fakes[0][0], &record, SIZE, 0), 0);
    }
}

static uint64_t committed(void)
{
    return fake_consumer(made.fakes[0][0]);
}

static void what_an_older_set_has_is_left_out(void **state)
{
    uint64_t start = committed();

    (void)state;
    bounds.from = RING_FROM_LATER;
    ring_part_begin(the_ring());
    write_some(0, 40); /* more than a batch */
    made_expect(&made, "");
    assert_int_equal(committed(), start + 40 * BYTES);
    assert_int_equal(counter_get(&the_ring()->overlap), 40);
    write_some(40, 5);
    bounds.from = start + 43 * BYTES; /* within the next batch */
    made_expect(&made, "a43 a44");
    assert_int_equal(counter_get(&the_ring()->overlap), 43);
    assert_int_equal(made_book(&made, BOOK_SEEN), 2);
    assert_int_equal(committed(), start + 45 * BYTES);
    assert_false(the_ring()->overlaps);
}

static void what_was_read_beyond_that_place_counts(void **state)
{
    (void)state;
    write_some(0, 2);
    made_expect(&made, "a0 a1");
    bounds.from = committed() - BYTES;
    ring_part_begin(the_ring());
    write_some(2, 1);
    made_expect(&made, "a0 a1 a2");
    assert_int_equal(counter_get(&the_ring()->overlap), 0);
}

static void at_least_once_leaves_nothing_out(void **state)
{
    (void)state;
    bounds.from = RING_FROM_LATER;
    made.graph->inputs[0]->at_least_once = true;
    ring_part_begin(the_ring());
    made.graph->inputs[0]->at_least_once = false; /* there is no queue of acknowledgements here */
    assert_false(the_ring()->overlaps);
    write_some(0, 1);
    made_expect(&made, "a0");
}

static void a_ring_that_is_read_can_be_given_an_end(void **state)
{
    (void)state;
    write_some(0, 2);
    made_expect(&made, "a0 a1");
    write_some(2, 2);
    ring_part_end_input(made.graph->inputs[0]);
    write_some(4, 3);
    made_expect(&made, "a0 a1 a2 a3");
    assert_int_equal(bounds.until, committed());
    assert_int_equal(ringmill_ring_end(the_ring()->handle), committed());
    assert_int_equal(fake_producer(made.fakes[0][0]), committed() + 3 * BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_an_older_set_has_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_beyond_that_place_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(at_least_once_leaves_nothing_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_ring_that_is_read_can_be_given_an_end, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
