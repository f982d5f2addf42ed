// SPDX-License-Identifier: Apache-2.0

/* The books of real handlers, and of made-up ones that do what real ones rarely do. */

#include "pipeline/strand.h"

#include "filter/filter.h"
#include "forward/forward.h"
#include "shape/limit.h"
#include "unit/forward/support.h"

enum { KEPT_MAX = STRAND_HANDLERS_MAX };

/* A strand, its exits, and the trees its handlers were read from. */
struct fixture {
    struct exits exits;
    struct strand strand;
    struct opened opened[KEPT_MAX];
    uint32_t n_opened;
};

static void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    exits_init(&fixture->exits);
}

static void fixture_deinit(struct fixture *fixture)
{
    strand_deinit(&fixture->strand);
    assert_int_equal(fixture->strand.n_handlers, 0);
    for (uint32_t i = 0; i < fixture->n_opened; i++)
        config_tree_free(fixture->opened[i].tree);
    exits_deinit(&fixture->exits);
}

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture_init(&fixture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_deinit(*state);
    return 0;
}

static void add(struct fixture *fixture, const struct handler_ops *ops, const char *config)
{
    struct opened opened = open_handler(ops, config, &fixture->exits.host);

    fixture->opened[fixture->n_opened++] = opened;
    fixture->strand.handlers[fixture->strand.n_handlers++] = opened.handler;
}

/* Empties the lanes, as a writer would. */
static uint64_t drain(struct fixture *fixture)
{
    uint64_t events = 0;

    for (int i = 0; i < 2; i++) {
        struct lane *lane = &fixture->exits.lanes[i];
        struct chunk *chunk;

        lane_hand_over(lane, true);
        while ((chunk = lane_take(lane))) {
            events += chunk->events;
            lane_give_back(lane, chunk, chunk->events);
        }
        assert_true(lane_has_room(lane));
    }
    return events;
}

static void run_notes(struct fixture *fixture, uint32_t records)
{
    struct notes notes;

    notes_init_many(&notes, records);
    strand_run(&fixture->strand, &notes.batch);
    notes_deinit(&notes);
}

static void expect_books(const struct strand *strand, uint64_t seen, uint64_t copies,
                         uint64_t filtered, uint64_t limited, uint64_t failed, uint64_t forwarded)
{
    const uint64_t expected[BOOK_ROWS] = {
        [BOOK_SEEN] = seen,       [BOOK_COPIES] = copies, [BOOK_FILTERED] = filtered,
        [BOOK_LIMITED] = limited, [BOOK_FAILED] = failed, [BOOK_FORWARDED] = forwarded};
    struct book_totals totals = {0};

    books_sum(&strand->books, &totals);
    for (int row = 0; row < BOOK_ROWS; row++)
        if (totals.rows[row] != expected[row])
            fail_msg("%s: %lu, expected %lu", book_name((enum book)row),
                     (unsigned long)totals.rows[row], (unsigned long)expected[row]);
    assert_true(books_balance(&totals));
}

static void filter_and_forward(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id < 3");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 0, 7, 0, 0, 3);
    run_notes(fixture, 2);
    expect_books(&fixture->strand, 12, 0, 7, 0, 0, 5);
    run_notes(fixture, 0);
    expect_books(&fixture->strand, 12, 0, 7, 0, 0, 5);
    assert_int_equal(drain(fixture), 5);
}

static void what_nobody_wants_ends_the_way(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id > 100");
    add(fixture, &limit_ops, "{count: 1}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 0, 10, 0, 0, 0);
    assert_int_equal(drain(fixture), 0);
}

static void the_limit_has_its_own_row(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id != 0");
    add(fixture, &limit_ops, "{count: 5}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 4);
    expect_books(&fixture->strand, 4, 0, 1, 0, 0, 3);
    run_notes(fixture, 4);
    expect_books(&fixture->strand, 8, 0, 2, 1, 0, 5);
    run_notes(fixture, 4);
    expect_books(&fixture->strand, 12, 0, 3, 4, 0, 5);
}

static void a_second_forward_makes_copies(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "one");
    add(fixture, &forward_ops, "two");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 10, 0, 0, 0, 20);
    assert_int_equal(drain(fixture), 20);
}

static void a_list_of_sinks_makes_copies(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "[one, two, one]");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 20, 0, 0, 0, 30);
    assert_int_equal(drain(fixture), 30);
}

/* What went out in between and is then taken away was one record more. */
static void a_forward_in_between(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "one");
    add(fixture, &filter_ops, "id < 4");
    add(fixture, &forward_ops, "[one, two]");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 14, 6, 0, 0, 18);
}

static void failures_are_counted_at_each_outlet(void **state)
{
    struct fixture *fixture = *state;
    struct notes notes;

    add(fixture, &forward_ops, "one");
    add(fixture, &forward_ops, "[one, two]");
    notes_init(&notes);
    notes_add(&notes, 0, 3);
    notes_add(&notes, 1, EVENT_MAX - 1); /* with its quotes and keys too long for an event */
    notes_add(&notes, 2, 3);
    strand_run(&fixture->strand, &notes.batch);
    notes_deinit(&notes);
    expect_books(&fixture->strand, 3, 6, 0, 0, 3, 6);
    assert_int_equal(drain(fixture), 6);
}

/* A handler that cannot deal with the last record and takes the first for itself. */
static void process_awkward(struct handler *handler, struct batch *batch)
{
    (void)handler;
    batch->failed = 1;
    batch->selected -= 2;
    memmove(batch->selection, batch->selection + 1, batch->selected * sizeof(uint16_t));
}

static void keep_open(struct handler *handler)
{
    (void)handler;
}

static const struct handler_ops awkward_ops = {
    .name = "awkward",
    .removes = BOOK_LIMITED,
    .process = process_awkward,
    .close = keep_open,
};

static void a_handler_may_fail_some(void **state)
{
    struct fixture *fixture = *state;
    struct handler awkward = {.ops = &awkward_ops};

    fixture->strand.handlers[fixture->strand.n_handlers++] = &awkward;
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->strand, 10, 0, 0, 1, 1, 8);
    fixture->strand.handlers[0] = fixture->strand.handlers[1]; /* it is not the strand's to close */
    fixture->strand.n_handlers = 1;
}

static void exhausted_with_its_limit(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id != 0");
    add(fixture, &limit_ops, "{count: 3}");
    add(fixture, &forward_ops, "one");
    assert_false(strand_exhausted(&fixture->strand));
    run_notes(fixture, 3);
    assert_false(strand_exhausted(&fixture->strand));
    run_notes(fixture, 2);
    assert_true(strand_exhausted(&fixture->strand));
}

static void not_exhausted_behind_a_forward(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "one");
    add(fixture, &limit_ops, "{count: 1}");
    add(fixture, &forward_ops, "two");
    run_notes(fixture, 5);
    assert_true(fixture->strand.handlers[1]->exhausted);
    assert_false(strand_exhausted(&fixture->strand));
    run_notes(fixture, 5);
    expect_books(&fixture->strand, 10, 10, 0, 9, 0, 11);
}

static void empty_strands_do_no_harm(void **state)
{
    struct fixture *fixture = *state;

    assert_false(strand_exhausted(&fixture->strand));
    run_notes(fixture, 0);
    expect_books(&fixture->strand, 0, 0, 0, 0, 0, 0);
}

/* ---- at random ------------------------------------------------------------------------------- */

enum { TRIALS = 150, BATCHES = 6 };

static uint32_t seed;

static uint32_t choose(uint32_t choices)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % choices;
}

static void add_any(struct fixture *fixture)
{
    static const char *const filters[] = {"id < 100", "id != 7", "'!(id == 3)'", "id > 10"};
    static const char *const limits[] = {"{count: 1}", "{count: 40}", "{count: 500}"};
    static const char *const sinks[] = {"one", "two", "[one, two]"};
    static bool forwarded;

    if (fixture->strand.n_handlers == 0)
        forwarded = false;
    switch (choose(4)) {
    case 0:
        add(fixture, &limit_ops, limits[choose(3)]);
        break;
    case 1:
        if (!forwarded) /* the lanes have room for four copies */
            add(fixture, &forward_ops, sinks[choose(3)]);
        forwarded = true;
        break;
    default:
        add(fixture, &filter_ops, filters[choose(4)]);
        break;
    }
}

static void run_any_batch(struct fixture *fixture)
{
    uint32_t records = choose(BATCH_MAX + 1);
    struct notes notes;

    notes_init(&notes);
    for (uint32_t i = 0; i < records; i++)
        notes_add(&notes, choose(200), choose(50) ? choose(100) : EVENT_MAX - 1 - choose(100));
    strand_run(&fixture->strand, &notes.batch);
    notes_deinit(&notes);
}

static void books_always_balance(void **state)
{
    const char *wanted = getenv("SEED");

    (void)state;
    seed = wanted ? (uint32_t)strtoul(wanted, NULL, 0) : 20261122;
    print_message("SEED=%u\n", seed);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct book_totals totals = {0};
        struct fixture fixture;
        uint64_t delivered = 0;

        fixture_init(&fixture);
        for (uint32_t handlers = choose(6); handlers > 0; handlers--)
            add_any(&fixture);
        add(&fixture, &forward_ops, choose(2) ? "one" : "[two, one]");
        for (int batch = 0; batch < BATCHES; batch++) {
            run_any_batch(&fixture);
            delivered += drain(&fixture);
        }
        books_sum(&fixture.strand.books, &totals);
        assert_true(books_balance(&totals));
        assert_int_equal(delivered, totals.rows[BOOK_FORWARDED]);
        fixture_deinit(&fixture);
    }
}

#define WITH_EXITS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EXITS(filter_and_forward),
        WITH_EXITS(what_nobody_wants_ends_the_way),
        WITH_EXITS(the_limit_has_its_own_row),
        WITH_EXITS(a_second_forward_makes_copies),
        WITH_EXITS(a_list_of_sinks_makes_copies),
        WITH_EXITS(a_forward_in_between),
        WITH_EXITS(failures_are_counted_at_each_outlet),
        WITH_EXITS(a_handler_may_fail_some),
        WITH_EXITS(exhausted_with_its_limit),
        WITH_EXITS(not_exhausted_behind_a_forward),
        WITH_EXITS(empty_strands_do_no_harm),
        cmocka_unit_test(books_always_balance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
