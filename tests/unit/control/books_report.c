// SPDX-License-Identifier: Apache-2.0

/* A graph driven by hand: records come from a fake ring, go through its chains, and the test is
 * the writer. Then single counters are bent, to see each complaint. */

#include "control/books_report.h"

#include <ringmill/ring.h>
#include <string.h>

#include "pipeline/dispatch.h"
#include "ring/fake.h"
#include "unit/config/support.h"

enum { RECORDS = 12, DISCARDS = 2 };

struct fixture {
    struct config_tree *tree;
    struct graph *graph;
    struct fake *fake;
    struct ringmill_ring *ring;
    struct waker waker;
};

static void ignore_room(void *data)
{
    (void)data;
}

/* Samples of pid 0, 1, 2..., too short for the fields behind it. */
static void write_records(struct fake *fake)
{
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t sample[3] = {0, 0, i}; /* ktime, pid */

        assert_int_equal(fake_write(fake, sample, sizeof(sample), 0), 0);
        if (i < DISCARDS)
            fake_discard(fake, fake_reserve(fake, 8), 0);
    }
}

static void run_records(struct fixture *fixture)
{
    struct input_ring *ring = fixture->graph->rings[0];
    struct ringmill_view views[RECORDS];
    struct batch batch = {.views = views};

    write_records(fixture->fake);
    batch.count = (uint32_t)ringmill_ring_take(fixture->ring, views, RECORDS);
    assert_int_equal(batch.count, RECORDS);
    dispatch_batch(ring, &batch, 0);
    assert_int_equal(ringmill_ring_commit_all(fixture->ring), 0);
}

/* `delivered` of each chunk's events get out, or all. */
static void drain(struct lane *lane, uint32_t delivered)
{
    struct chunk *chunk;

    lane_hand_over(lane, LANE_BEGUN);
    while ((chunk = lane_take(lane)))
        lane_give_back(lane, chunk, chunk->events < delivered ? chunk->events : delivered, false);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    fixture.tree = load("version: 1\n"
                        "sources: {exec: {builtin: exec}}\n"
                        "sinks: {out: {type: stdout}, log: {type: file, path: /x}}\n"
                        "pipelines:\n"
                        "  few: {from: exec, handlers: [{filter: pid > 8}, {forward: out}]}\n"
                        "  all: {from: exec, handlers: [{forward: out}, {limit: {count: 5}}, "
                        "{forward: [out, log]}]}\n");
    assert_int_equal(graph_build(fixture.tree, &diag, &graph), 0);
    assert_int_equal(fake_new(4096, 0, &fixture.fake), 0);
    assert_int_equal(fake_open(fixture.fake, NULL, NULL, &fixture.ring), 0);
    assert_int_equal(waker_init(&fixture.waker), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(lane_init(&graph->sinks[i]->lane, 32, graph->copies[i], LANE_BLOCK,
                                   &fixture.waker, ignore_room, NULL),
                         0);
    assert_int_equal(graph_add_ring(graph, graph->inputs[0], fixture.ring), 0);
    fixture.graph = graph;
    *state = &fixture;
    run_records(&fixture);
    graph->inputs[0]->lost = 3;
    graph->sources[0].skips_known = true;
    graph->sources[0].skipped = 4;
    drain(&graph->sinks[0]->lane, UINT32_MAX);
    drain(&graph->sinks[1]->lane, 4);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    graph_free(fixture->graph);
    fake_free(fixture->fake);
    waker_deinit(&fixture->waker);
    config_tree_free(fixture->tree);
    return 0;
}

static void expect(const struct graph *graph, bool balanced, const char *expected)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    bool result;

    assert_non_null(file);
    result = report_books(graph, file);
    fclose(file);
    assert_string_equal(text, expected);
    assert_int_equal(result, balanced);
    free(text);
}

static void books_that_add_up(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture->graph, true,
           "source exec: produced 17 = seen 12 + discarded 2 + lost 3; skipped 4\n"
           "pipeline few: seen 12 + copies 0 + emitted 0 = filtered 9 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + "
           "failed 0 + forwarded 3\n"
           "pipeline all: seen 12 + copies 17 + emitted 0 = filtered 0 + limited 7 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + "
           "failed 0 + forwarded 22\n"
           "sink out: forwarded 20 = delivered 20 + dropped 0 + in_flight 0\n"
           "sink log: forwarded 5 = delivered 4 + dropped 1 + in_flight 0\n");
}

static void a_pipeline_that_saw_another_number(void **state)
{
    struct fixture *fixture = *state;
    struct books *books = &fixture->graph->chains[0]->books;

    counter_add(&books->rows[BOOK_SEEN], 1);
    counter_add(&books->rows[BOOK_FILTERED], 1);
    expect(fixture->graph, false,
           "source exec: produced 17 = seen 12 + discarded 2 + lost 3; skipped 4\n"
           "the books of source exec do not balance: a pipeline saw a different number of records\n"
           "pipeline few: seen 13 + copies 0 + emitted 0 = filtered 10 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 3\n"
           "pipeline all: seen 12 + copies 17 + emitted 0 = filtered 0 + limited 7 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 22\n"
           "sink out: forwarded 20 = delivered 20 + dropped 0 + in_flight 0\n"
           "sink log: forwarded 5 = delivered 4 + dropped 1 + in_flight 0\n");
}

static void a_record_without_an_end(void **state)
{
    struct fixture *fixture = *state;

    counter_add(&fixture->graph->chains[1]->books.rows[BOOK_COPIES], 1);
    expect(fixture->graph, false,
           "source exec: produced 17 = seen 12 + discarded 2 + lost 3; skipped 4\n"
           "pipeline few: seen 12 + copies 0 + emitted 0 = filtered 9 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 3\n"
           "pipeline all: seen 12 + copies 18 + emitted 0 = filtered 0 + limited 7 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 22\n"
           "the books of pipeline all do not balance: a record was counted 0 or 2 times\n"
           "sink out: forwarded 20 = delivered 20 + dropped 0 + in_flight 0\n"
           "sink log: forwarded 5 = delivered 4 + dropped 1 + in_flight 0\n");
}

static void events_still_under_way(void **state)
{
    struct fixture *fixture = *state;

    run_records(fixture);
    drain(&fixture->graph->sinks[0]->lane, UINT32_MAX);
    lane_hand_over(&fixture->graph->sinks[1]->lane, LANE_BEGUN);
    expect(fixture->graph, true,
           "source exec: produced 31 = seen 24 + discarded 4 + lost 3; skipped 4\n"
           "pipeline few: seen 24 + copies 0 + emitted 0 = filtered 18 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + "
           "failed 0 + forwarded 6\n"
           "pipeline all: seen 24 + copies 29 + emitted 0 = filtered 0 + limited 19 + sampled_out "
           "0 + deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 "
           "+ "
           "failed 0 + forwarded 34\n"
           "sink out: forwarded 35 = delivered 35 + dropped 0 + in_flight 0\n"
           "sink log: forwarded 5 = delivered 4 + dropped 1 + in_flight 0\n");
    fixture->graph->inputs[0]->lost = 0;
    run_records(fixture);
    expect(fixture->graph, false,
           "source exec: produced 42 = seen 36 + discarded 6 + lost 0; skipped 4\n"
           "pipeline few: seen 36 + copies 0 + emitted 0 = filtered 27 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 9\n"
           "pipeline all: seen 36 + copies 41 + emitted 0 = filtered 0 + limited 31 + sampled_out "
           "0 + deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 46\n"
           "sink out: forwarded 50 = delivered 35 + dropped 0 + in_flight 15\n"
           "the books of sink out do not balance: events are still in flight\n"
           "sink log: forwarded 5 = delivered 4 + dropped 1 + in_flight 0\n");
}

static void sinks_that_got_another_number(void **state)
{
    struct fixture *fixture = *state;

    counter_add(&fixture->graph->sinks[1]->lane.forwarded, 1);
    counter_add(&fixture->graph->sinks[1]->lane.abandoned, 1);
    expect(fixture->graph, false,
           "source exec: produced 17 = seen 12 + discarded 2 + lost 3; skipped 4\n"
           "pipeline few: seen 12 + copies 0 + emitted 0 = filtered 9 + limited 0 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 3\n"
           "pipeline all: seen 12 + copies 17 + emitted 0 = filtered 0 + limited 7 + sampled_out 0 "
           "+ deduplicated 0 + late 0 + aggregated 0 + unknown_type 0 + failed 0 + forwarded 22\n"
           "sink out: forwarded 20 = delivered 20 + dropped 0 + in_flight 0\n"
           "sink log: forwarded 6 = delivered 4 + dropped 2 + in_flight 0\n"
           "the books of all sinks do not balance: they received a different number of events than "
           "the pipelines forwarded\n");
}

/* The first lines. */
static void expect_source(const struct graph *graph, const char *expected)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    assert_true(report_books(graph, file));
    fclose(file);
    strstr(text, "pipeline ")[0] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void what_nobody_knows(void **state)
{
    struct fixture *fixture = *state;
    struct source_entry *entry = &fixture->graph->sources[0];
    struct stream *stream = entry->source->streams;

    entry->inputs->lost_resets = 2;
    expect_source(fixture->graph,
                  "source exec: produced 17 = seen 12 + discarded 2 + lost 3; skipped 4\n"
                  "source exec: another program set the counter of lost records, so losses just "
                  "before that are unknown; times: 2\n");
    entry->inputs->lost_resets = 0;
    stream->counted = false;
    entry->skips_known = false;
    expect_source(
        fixture->graph,
        "source exec: produced unknown = seen 12 + discarded 2 + lost unknown; skipped unknown\n");
    stream->numbered = true;
    counter_add(&entry->inputs->gaps, 5);
    expect_source(fixture->graph,
                  "source exec: produced 19 = seen 12 + discarded 2 + lost 5; skipped unknown\n"
                  "source exec: lost counts the gaps in the sequence; losses after the last record "
                  "are unknown\n");
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GRAPH(books_that_add_up),
        WITH_GRAPH(a_pipeline_that_saw_another_number),
        WITH_GRAPH(a_record_without_an_end),
        WITH_GRAPH(events_still_under_way),
        WITH_GRAPH(sinks_that_got_another_number),
        WITH_GRAPH(what_nobody_knows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
