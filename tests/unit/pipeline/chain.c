// SPDX-License-Identifier: Apache-2.0

/* The books of real handlers, and of made-up ones that do what real ones rarely do. */

#include "pipeline/chain.h"

#include "base/clock.h"
#include "base/cycles.h"
#include "pipeline/handlers.h"
#include "record/builtin_handlers.h"
#include "unit/forward/support.h"

enum { KEPT_MAX = CHAIN_HANDLERS_MAX };

/* A chain, its exits, and the trees its handlers were read from. */
struct fixture {
    struct exits exits;
    struct chain chain;
    struct stopwatch stopwatch;
    struct opened opened[KEPT_MAX];
    uint32_t n_opened;
    uint16_t way;   /* where add() puts handlers */
    uint32_t index; /* of the one that is opened */
};

static void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    exits_init(&fixture->exits);
    fixture->chain.stopwatch = &fixture->stopwatch;
}

static void fixture_deinit(struct fixture *fixture)
{
    chain_deinit(&fixture->chain);
    assert_int_equal(fixture->chain.n_handlers, 0);
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

static void place(struct fixture *fixture, const struct handler_ops *ops,
                  const struct config_node *config)
{
    struct chain *chain = &fixture->chain;
    struct diag diag;

    diag_init(&diag);
    fixture->index = chain->n_handlers++;
    chain->ways[fixture->index] = fixture->way;
    if (ops->open(config, &fixture->exits.host, &diag, &chain->handlers[fixture->index]) < 0)
        expect_messages(&diag, "");
    diag_deinit(&diag);
    if (chain->handlers[fixture->index]->schema)
        fixture->exits.host.schema = chain->handlers[fixture->index]->schema;
}

/* As pipeline/build_pipelines.c does it, without its checks. The fixture begins with its exits, and
 * they with their host. */
static struct branch *open_branch(const struct handler_host *host, const struct config_node *list,
                                  const char *label, struct diag *diag)
{
    struct fixture *fixture = (struct fixture *)(uintptr_t)host;
    struct chain_branch *branch = chain_add_branch(&fixture->chain, fixture->index, label);
    uint16_t way = fixture->way;
    uint32_t index = fixture->index;
    const struct schema *schema = host->schema;

    (void)diag;
    fixture->way = branch->way;
    for (const struct config_node *entry = list->first; entry; entry = entry->next)
        place(fixture, handler_find(entry->first->key), entry->first);
    fixture->way = way;
    fixture->index = index;
    fixture->exits.host.schema = schema;
    return &branch->base;
}

static void add(struct fixture *fixture, const struct handler_ops *ops, const char *config)
{
    struct opened *opened = &fixture->opened[fixture->n_opened++];
    char text[1024];

    fixture->exits.host.branch = open_branch;
    snprintf(text, sizeof(text), "%s: %s\n", ops->name, config);
    opened->tree = load(text);
    place(fixture, ops, opened->tree->root->first);
}

/* Empties the lanes, as a writer would. */
static uint64_t drain(struct fixture *fixture)
{
    uint64_t events = 0;

    for (int i = 0; i < 2; i++) {
        struct lane *lane = &fixture->exits.lanes[i];
        struct chunk *chunk;

        lane_hand_over(lane, LANE_ALL);
        while ((chunk = lane_take(lane))) {
            events += chunk->events;
            lane_give_back(lane, chunk, chunk->events, false);
        }
        assert_true(lane_make_room(lane));
    }
    return events;
}

static void run_notes(struct fixture *fixture, uint32_t records)
{
    struct notes notes;

    notes_init_many(&notes, records);
    chain_run(&fixture->chain, &notes.batch);
    notes_deinit(&notes);
}

static void expect_books(const struct chain *chain, uint64_t seen, uint64_t copies,
                         uint64_t filtered, uint64_t limited, uint64_t failed, uint64_t forwarded)
{
    const uint64_t expected[BOOK_ROWS] = {
        [BOOK_SEEN] = seen,       [BOOK_COPIES] = copies, [BOOK_FILTERED] = filtered,
        [BOOK_LIMITED] = limited, [BOOK_FAILED] = failed, [BOOK_FORWARDED] = forwarded,
    };
    struct book_totals totals = {0};

    books_sum(&chain->books, &totals);
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
    expect_books(&fixture->chain, 10, 0, 7, 0, 0, 3);
    run_notes(fixture, 2);
    expect_books(&fixture->chain, 12, 0, 7, 0, 0, 5);
    run_notes(fixture, 0);
    expect_books(&fixture->chain, 12, 0, 7, 0, 0, 5);
    assert_int_equal(drain(fixture), 5);
}

static void what_nobody_wants_ends_the_way(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id > 100");
    add(fixture, &limit_ops, "{count: 1}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 0, 10, 0, 0, 0);
    assert_int_equal(drain(fixture), 0);
}

static void the_limit_has_its_own_row(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id != 0");
    add(fixture, &limit_ops, "{count: 5}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 4);
    expect_books(&fixture->chain, 4, 0, 1, 0, 0, 3);
    run_notes(fixture, 4);
    expect_books(&fixture->chain, 8, 0, 2, 1, 0, 5);
    run_notes(fixture, 4);
    expect_books(&fixture->chain, 12, 0, 3, 4, 0, 5);
}

static void a_second_forward_makes_copies(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "one");
    add(fixture, &forward_ops, "two");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 10, 0, 0, 0, 20);
    assert_int_equal(drain(fixture), 20);
}

static void a_list_of_sinks_makes_copies(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "[one, two, one]");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 20, 0, 0, 0, 30);
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
    expect_books(&fixture->chain, 10, 14, 6, 0, 0, 18);
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
    chain_run(&fixture->chain, &notes.batch);
    notes_deinit(&notes);
    expect_books(&fixture->chain, 3, 6, 0, 0, 3, 6);
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

    fixture->chain.handlers[fixture->chain.n_handlers++] = &awkward;
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 0, 0, 1, 1, 8);
    fixture->chain.handlers[0] = fixture->chain.handlers[1]; /* it is not the chain's to close */
    fixture->chain.n_handlers = 1;
}

static void exhausted_with_its_limit(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id != 0");
    add(fixture, &limit_ops, "{count: 3}");
    add(fixture, &forward_ops, "one");
    assert_false(chain_exhausted(&fixture->chain));
    run_notes(fixture, 3);
    assert_false(chain_exhausted(&fixture->chain));
    run_notes(fixture, 2);
    assert_true(chain_exhausted(&fixture->chain));
}

static void not_exhausted_behind_a_forward(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &forward_ops, "one");
    add(fixture, &limit_ops, "{count: 1}");
    add(fixture, &forward_ops, "two");
    run_notes(fixture, 5);
    assert_true(fixture->chain.handlers[1]->exhausted);
    assert_false(chain_exhausted(&fixture->chain));
    run_notes(fixture, 5);
    expect_books(&fixture->chain, 10, 10, 0, 9, 0, 11);
}

static void empty_chains_do_no_harm(void **state)
{
    struct fixture *fixture = *state;

    assert_false(chain_exhausted(&fixture->chain));
    run_notes(fixture, 0);
    expect_books(&fixture->chain, 0, 0, 0, 0, 0, 0);
}

/* ---- branches -------------------------------------------------------------------------------- */

static void a_tee_copies(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &tee_ops, "{handlers: [{filter: id < 4}, {forward: two}]}");
    add(fixture, &filter_ops, "id > 7");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 10, 6 + 8, 0, 0, 4 + 2);
    assert_int_equal(drain(fixture), 6);
    assert_int_equal(chain_handler_in(&fixture->chain, 0), 10);
    assert_int_equal(chain_handler_in(&fixture->chain, 1), 10); /* tee.filter */
    assert_int_equal(chain_handler_in(&fixture->chain, 2), 4);
    assert_int_equal(chain_handler_in(&fixture->chain, 3), 10); /* filter */
    assert_int_equal(chain_handler_in(&fixture->chain, 4), 2);
    assert_int_equal(counter_get(&fixture->chain.accounts[0].out), 10);
}

static void a_route_divides(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &filter_ops, "id > 0");
    add(fixture, &route_ops,
        "[{when: id < 4, handlers: [{forward: [one, two]}]}, "
        "{when: id < 7, handlers: [{limit: {count: 1}}, {forward: two}]}]");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 3, 1 + 3, 2, 0, 6 + 1);
    assert_int_equal(drain(fixture), 7);
    assert_int_equal(chain_handler_in(&fixture->chain, 1), 9);
    assert_int_equal(counter_get(&fixture->chain.accounts[1].out), 6);
    assert_int_equal(chain_handler_in(&fixture->chain, 2), 3);
    assert_int_equal(chain_handler_in(&fixture->chain, 3), 3);
    assert_int_equal(chain_handler_in(&fixture->chain, 4), 1);
}

static void branches_inside_branches(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &tee_ops,
        "{handlers: [{tee: {handlers: [{filter: id == 1}, {forward: two}]}}, "
        "{route: [{when: id < 5, handlers: [{forward: one}]}, {handlers: [{forward: two}]}]}]}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 10);
    expect_books(&fixture->chain, 10, 20, 9, 0, 0, 1 + 10 + 10);
    assert_int_equal(drain(fixture), 21);
}

/* Columns and names of one branch are not seen in another, nor behind it. */
static void branches_have_schemas_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    struct notes notes;

    add(fixture, &tee_ops,
        "{handlers: [{select: {keep: text, compute: {id: id + 100}}}, {filter: id < 105}, "
        "{forward: two}]}");
    add(fixture, &filter_ops, "id < 5");
    add(fixture, &forward_ops, "one");
    notes_init_many(&notes, 10);
    chain_run(&fixture->chain, &notes.batch);
    assert_ptr_equal(notes.batch.schema, &note_schema); /* as the next chain needs it */
    notes_deinit(&notes);
    expect_books(&fixture->chain, 10, 10, 5 + 5, 0, 0, 5 + 5);
}

static void exhausted_branches(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &tee_ops, "{handlers: [{limit: {count: 8}}, {forward: two}]}");
    add(fixture, &limit_ops, "{count: 3}");
    add(fixture, &forward_ops, "one");
    run_notes(fixture, 5);
    assert_true(fixture->chain.handlers[3]->exhausted);
    assert_false(chain_exhausted(&fixture->chain)); /* the tee still gives some */
    run_notes(fixture, 5);
    assert_true(chain_exhausted(&fixture->chain));
}

static void exhausted_routes(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, &route_ops,
        "[{when: id < 2, handlers: [{limit: {count: 1}}, {forward: two}]}, "
        "{handlers: [{limit: {count: 20}}, {forward: two}]}]");
    run_notes(fixture, 5);
    assert_false(chain_exhausted(&fixture->chain));
    run_notes(fixture, 100);
    assert_true(chain_exhausted(&fixture->chain));
}

/* ---- time ------------------------------------------------------------------------------------ */

static void process_slowly(struct handler *handler, struct batch *batch)
{
    int64_t end = clock_monotonic() + 6000000;

    (void)handler;
    (void)batch;
    while (clock_monotonic() < end)
        ;
}

static const struct handler_ops slow_ops = {
    .name = "slow",
    .removes = BOOK_LIMITED,
    .process = process_slowly,
    .close = keep_open,
};

static void expect_slow(void **state, bool clocked)
{
    struct fixture *fixture = *state;
    struct chain *chain = &fixture->chain;
    struct handler slow = {.ops = &slow_ops};
    struct notes notes;

    add(fixture, &tee_ops, "{handlers: [{forward: two}]}");
    chain->ways[chain->n_handlers] = 1; /* the tee's */
    chain->handlers[chain->n_handlers++] = &slow;
    add(fixture, &forward_ops, "one");
    chain_set_budget(chain, 4000000, cycles_per_ns());
    notes_init_many(&notes, 3);
    notes.batch.clocked = clocked;
    notes.batch.now = clock_monotonic();
    fixture->stopwatch.cycles = cycles_now();
    chain_run(chain, &notes.batch);
    notes_deinit(&notes);
    assert_int_equal(counter_get(&chain->accounts[2].slow), 1);
    assert_true(counter_get(&chain->accounts[2].slowest) > 4000000);
    chain_set_budget(chain, 0, 1); /* no limit */
    run_notes(fixture, 3);
    assert_int_equal(counter_get(&chain->accounts[2].slow), 1);
    chain->handlers[2] = NULL; /* it is not the chain's to close */
}

/* The counter jumped: the clock knows better. */
static void a_counter_that_jumps_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    struct chain *chain = &fixture->chain;
    struct notes notes;

    add(fixture, &forward_ops, "one");
    chain_set_budget(chain, UINT64_C(1000000000000), cycles_per_ns());
    chain->budget_cycles = 1;
    notes_init_many(&notes, 3);
    notes.batch.now = clock_monotonic();
    fixture->stopwatch.cycles = cycles_now() + 1; /* later than now: that was ages ago */
    chain_run(chain, &notes.batch);
    notes_deinit(&notes);
    assert_int_equal(counter_get(&chain->accounts[0].slow), 0);
}

static void one_slow_batch_is_seen(void **state)
{
    expect_slow(state, false);
}

static void also_when_it_is_clocked(void **state)
{
    expect_slow(state, true);
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
    static const char *const tees[] = {
        "{handlers: [{limit: {count: 30}}, {forward: one}]}",
        "{handlers: [{filter: id > 20}, {forward: [one, two]}]}",
        "{handlers: [{route: [{when: id < 9, handlers: [{forward: one}]}, {when: id < 90, "
        "handlers: "
        "[{limit: {rate: 9/h, by: id}}, {forward: two}]}]}]}",
    };
    static bool forwarded;

    if (fixture->chain.n_handlers == 0)
        forwarded = false;
    switch (choose(5)) {
    case 4:
        if (!forwarded)
            add(fixture, &tee_ops, tees[choose(3)]);
        forwarded = true;
        break;
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
    chain_run(&fixture->chain, &notes.batch);
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
        if (choose(3))
            add(&fixture, &forward_ops, choose(2) ? "one" : "[two, one]");
        else
            add(&fixture, &route_ops,
                "[{when: id % 3 == 0, handlers: [{forward: one}]}, {when: id % 3 == 1, handlers: "
                "[{sample: {rate: 2}}, {dedup: {by: id}}, {forward: [one, two]}]}]");
        for (int batch = 0; batch < BATCHES; batch++) {
            run_any_batch(&fixture);
            delivered += drain(&fixture);
        }
        books_sum(&fixture.chain.books, &totals);
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
        WITH_EXITS(empty_chains_do_no_harm),
        WITH_EXITS(a_tee_copies),
        WITH_EXITS(a_route_divides),
        WITH_EXITS(branches_inside_branches),
        WITH_EXITS(branches_have_schemas_of_their_own),
        WITH_EXITS(exhausted_branches),
        WITH_EXITS(exhausted_routes),
        WITH_EXITS(a_counter_that_jumps_is_not_believed),
        WITH_EXITS(one_slow_batch_is_seen),
        WITH_EXITS(also_when_it_is_clocked),
        cmocka_unit_test(books_always_balance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
