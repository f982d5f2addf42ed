// SPDX-License-Identifier: Apache-2.0

/* Streams side by side in one consumer: shards in the order of their timestamps, room, the end. */

#include "pipeline/consumer.h"

#include <pthread.h>
#include <ringmill/ring.h>
#include <sched.h>
#include <unistd.h>

#include "pipeline/drain.h"
#include "unit/pipeline/made.h"

enum { SIZE = 20 };
#define MS UINT64_C(1000000)

/* Of an event, so that few fill a chunk. */
#define FILLING_100                                      \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define FILLING FILLING_100 FILLING_100 FILLING_100 FILLING_100

static struct made made;

static int tear_down(void **state)
{
    (void)state;
    made_deinit(&made);
    return 0;
}

static void init(struct made_stream first, struct made_stream second)
{
    made.streams[0] = first;
    made.streams[1] = second;
    made_init(&made);
    made_record_all(&made);
}

static const struct made_stream plain = {.n_types = 1, .n_rings = 1};

static void write_at(uint32_t stream, uint32_t ring, uint64_t time, uint32_t id)
{
    struct made_record record = {.kind = 1, .time = time, .id = id};

    assert_int_equal(fake_write(made.fakes[stream][ring], &record, SIZE, 0), 0);
}

static uint64_t committed(uint32_t stream, uint32_t ring)
{
    return fake_consumer(made.fakes[stream][ring]) / 32; /* records of 20 bytes take 32 */
}

/* ---- order ----------------------------------------------------------------------------------- */

/* All shards have records, or their time is long past: nothing is held back. */
static void shards_come_in_order(void **state)
{
    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 4, .ordered = true, .hold = MS},
         (struct made_stream){0});
    for (uint32_t i = 0; i < 12; i++)
        write_at(0, (i * 7) % 4, i, i);
    made_expect(&made, "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11");
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(committed(0, i), 3);
}

static void random_shards(void **state)
{
    const char *seed_text = getenv("SEED");
    unsigned seed = seed_text ? (unsigned)atoi(seed_text) : (unsigned)clock_monotonic();
    static struct made_log expected;

    (void)state;
    print_message("SEED=%u\n", seed);
    srand(seed);
    memset(&expected, 0, sizeof(expected));
    init((struct made_stream){.n_types = 1, .n_rings = 4, .ordered = true, .hold = MS},
         (struct made_stream){0});
    for (uint32_t i = 0; i < 4000; i++) {
        write_at(0, (uint32_t)rand() % 4, 1 + i, i);
        made_say(&expected, "a%u", i);
        if (rand() % 50 == 0)
            made_turn(&made);
    }
    made_expect(&made, expected.text);
    assert_int_equal(made_book(&made, BOOK_SEEN), 4000);
}

/* A record waits for the shards that have none, as long as is configured. */
static void a_shard_is_waited_for(void **state)
{
    uint64_t now = (uint64_t)clock_monotonic();

    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 2, .ordered = true, .hold = 500000 * MS},
         (struct made_stream){0});
    write_at(0, 0, now + 2, 2);
    made_expect(&made, "");
    write_at(0, 1, now + 1, 1);
    made_expect(&made, "a1");
    assert_int_equal(committed(0, 1), 1);
    assert_int_equal(committed(0, 0), 0);
    write_at(0, 1, now + 3, 3);
    made_expect(&made, "a1 a2");
}

/* Its neighbours in the same reader are not held up by that. */
static void a_plain_stream_beside_an_ordered_one(void **state)
{
    uint64_t now = (uint64_t)clock_monotonic();

    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 2, .ordered = true, .hold = 500000 * MS},
         plain);
    write_at(0, 0, now, 1);
    write_at(1, 0, now, 2);
    made_expect(&made, "a2");
    write_at(0, 1, now + 1, 3);
    made_expect(&made, "a2 a1");
}

static void discards_hold_nobody_up(void **state)
{
    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 2, .ordered = true, .hold = MS},
         (struct made_stream){0});
    fake_discard(made.fakes[0][0], fake_reserve(made.fakes[0][0], SIZE), 0);
    write_at(0, 1, 5, 5);
    fake_discard(made.fakes[0][1], fake_reserve(made.fakes[0][1], SIZE), 0);
    made_expect(&made, "a5");
    for (int i = 0; i < 2; i++)
        assert_int_equal(fake_consumer(made.fakes[0][i]), fake_producer(made.fakes[0][i]));
}

/* ---- at-most-once ---------------------------------------------------------------------------- */

enum { ORDERED = 20, MANY = 1500, FROM_MANY = 1000 };

static uint32_t handed_before; /* events of the ordered stream that the writer had in the turn */

/* In front of the plain stream's handlers: what would a kill repeat now? */
static void look_at_writer(struct handler *handler, struct batch *batch)
{
    struct lane *lane = &made.graph->sinks[0]->lane;
    struct chunk *chunk;

    (void)handler;
    (void)batch;
    while ((chunk = lane_take(lane))) {
        for (const char *at = chunk->bytes; at < chunk->bytes + chunk->used;
             at = (const char *)memchr(at, '\n', CHUNK_BYTES) + 1)
            handed_before += atoi(at) < FROM_MANY;
        lane_give_back(lane, chunk, chunk->events, false);
    }
    assert_true(handed_before <= committed(0, 0) + committed(0, 1));
}

static const struct handler_ops look_ops = {
    .name = "look", .process = look_at_writer, .close = recorder_close};

static void watch_plain_stream(void)
{
    struct chain *chain = made.graph->inputs[1]->types[0].chains[0];
    struct handler *handler = calloc(1, sizeof(struct recorder));

    assert_non_null(handler);
    handler->ops = &look_ops;
    memmove(&chain->handlers[1], chain->handlers, chain->n_handlers * sizeof(void *));
    chain->handlers[0] = handler;
    chain->n_handlers++;
}

/* A chunk that another stream fills within a turn takes events of runs with it whose position was
 * not published yet. */
static void no_chunk_goes_before_its_positions(void **state)
{
    (void)state;
    made.sinks = "out: {type: stdout, format: text, template: \"{id} " FILLING "\"}";
    made.streams[0] = (struct made_stream){.n_types = 1, .n_rings = 2, .ordered = true, .hold = MS};
    made.streams[1] = plain;
    made_init(&made);
    watch_plain_stream();
    for (uint32_t i = 0; i < ORDERED; i++)
        write_at(0, i % 2, i + 1, i);
    for (uint32_t i = 0; i < MANY; i++)
        write_at(1, 0, 1, FROM_MANY + i);
    handed_before = 0;
    made.consumer.turn_cycles = UINT64_MAX; /* one turn, however slow this machine is */
    consumer_read(&made.consumer);
    assert_int_equal(handed_before, ORDERED);
    assert_true(made_drain(&made) > 0);
}

/* ---- room ------------------------------------------------------------------------------------ */

/* Fills the lane until its streams are paused. */
static void fill_lane(uint32_t ring)
{
    for (uint32_t i = 0; i < 1000000 && !made.graph->inputs[0]->paused; i++) {
        while (fake_producer(made.fakes[0][ring]) - fake_consumer(made.fakes[0][ring]) <
               MADE_RING / 2)
            write_at(0, ring, 1, 0);
        while (consumer_read(&made.consumer))
            ;
        made.log.used = 0;
    }
    assert_true(made.graph->inputs[0]->paused);
}

static void all_shards_pause_and_go_on(void **state)
{
    uint64_t before;

    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 3, .ordered = true, .hold = MS}, plain);
    fill_lane(1);
    assert_true(made.graph->inputs[1]->paused); /* the same sink */
    for (uint32_t i = 0; i < 3; i++)
        write_at(0, i, 2, 7);
    write_at(1, 0, 2, 8);
    before = made_book(&made, BOOK_SEEN);
    assert_false(consumer_read(&made.consumer));
    assert_int_equal(made_book(&made, BOOK_SEEN), before);
    assert_true(made_drain(&made) > 0);
    consumer_resume(&made.consumer);
    assert_false(made.graph->inputs[0]->paused);
    made_turn(&made);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(fake_consumer(made.fakes[0][i]), fake_producer(made.fakes[0][i]));
    assert_int_equal(fake_consumer(made.fakes[1][0]), fake_producer(made.fakes[1][0]));
}

/* A loss waits for room like a record, and is not forgotten. */
static void a_loss_waits_for_room(void **state)
{
    struct input *input;

    (void)state;
    init((struct made_stream){.n_types = 1, .n_rings = 1, .counted = true},
         (struct made_stream){0});
    input = made.graph->inputs[0];
    fill_lane(0);
    input->lost = 4;
    assert_true(loss_report_post(input, 1, 2));
    consumer_read(&made.consumer);
    assert_true(loss_report_is_posted(input));
    assert_int_equal(made_book(&made, BOOK_EMITTED), 0);
    made_drain(&made);
    consumer_resume(&made.consumer);
    consumer_read(&made.consumer);
    assert_false(loss_report_is_posted(input));
    assert_int_equal(made_book(&made, BOOK_EMITTED), 1);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void wait_for(counter *count, uint64_t value)
{
    for (int i = 0; i < 20000 && counter_get(count) < value; i++) {
        usleep(1000);
        made_drain(&made);
    }
    assert_int_equal(counter_get(count), value);
}

static counter *emitted(void)
{
    return &made.graph->chains[0]->books.rows[BOOK_EMITTED];
}

static void assert_in_order(const char *first, const char *second)
{
    const char *at = strstr(made.log.text, first);

    assert_non_null(at);
    assert_non_null(strstr(at, second));
}

/* Whatever is in the rings at the end comes out, held back or not, and so do losses. */
static void drains_all_streams(void **state)
{
    struct input *input;
    uint64_t now;

    (void)state;
    init(
        (struct made_stream){
            .n_types = 1, .n_rings = 4, .ordered = true, .hold = 1000 * MS, .counted = true},
        plain);
    input = made.graph->inputs[0];
    assert_int_equal(consumer_start(&made.consumer), 0);
    input->lost = 1;
    assert_true(loss_report_post(input, 1, 2));
    consumer_wake(&made.consumer); /* it sleeps: nothing else wakes it */
    wait_for(emitted(), 1);
    now = (uint64_t)clock_monotonic();
    for (uint32_t i = 0; i < 4; i++)
        write_at(0, i, now + 3 - i, i);
    write_at(1, 0, now, 9);
    input->lost = 2;
    assert_true(loss_report_post(input, 3, 4));
    consumer_drain(&made.consumer);
    while (!consumer_join(&made.consumer, 10 * MS))
        made_drain(&made);
    assert_int_equal(made_book(&made, BOOK_SEEN), 5);
    assert_int_equal(made_book(&made, BOOK_EMITTED), 2);
    /* by time among themselves; the other stream and the loss stand wherever they were found */
    assert_in_order("a3", "a2");
    assert_in_order("a2", "a1");
    assert_in_order("a1", "a0");
}

/* ---- an end that comes, whatever others do --------------------------------------------------- */

static void *write_for_ever(void *data)
{
    const atomic_bool *ended = data;
    struct made_record record = {.kind = 1, .time = 1};

    while (!atomic_load(ended))
        fake_write(made.fakes[0][0], &record, SIZE, 0);
    return NULL;
}

/* Nothing is waited for but what was there at the drain; how much more is read is up to chance. */
static void a_ring_that_is_never_empty_ends(void **state)
{
    static atomic_bool ended;
    pthread_t writer;

    (void)state;
    init(plain, plain);
    atomic_store(&ended, false);
    write_at(1, 0, 1, 1);
    assert_int_equal(consumer_start(&made.consumer), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_for_ever, &ended), 0);
    while (fake_consumer(made.fakes[0][0]) < MADE_RING)
        made_drain(&made);
    consumer_drain(&made.consumer);
    while (!consumer_join(&made.consumer, MS))
        made_drain(&made);
    atomic_store(&ended, true);
    pthread_join(writer, NULL);
    assert_true(fake_consumer(made.fakes[0][0]) >= made.graph->inputs[0]->rings[0]->last);
    assert_int_equal(committed(1, 0), 1);
}

/* Its program may never submit it. */
static void a_head_that_stays_reserved_is_left(void **state)
{
    uint64_t bytes = 0;

    (void)state;
    init(plain, plain);
    write_at(0, 0, 1, 1);
    fake_reserve(made.fakes[0][0], SIZE);
    write_at(0, 0, 1, 2);
    assert_int_equal(consumer_start(&made.consumer), 0);
    consumer_drain(&made.consumer);
    wait_for(&made.graph->chains[0]->books.rows[BOOK_SEEN], 1);
    assert_false(consumer_join(&made.consumer, 20 * MS)); /* it may still come */
    consumer_set_hurry(&made.consumer, CONSUMER_READS_NO_MORE);
    while (!consumer_join(&made.consumer, MS))
        made_drain(&made);
    assert_int_equal(made_book(&made, BOOK_SEEN), 1);
    assert_int_equal(drain_count_unread(made.graph->inputs[0], &bytes), 2);
    assert_int_equal(bytes, 64);
    assert_int_equal(drain_count_unread(made.graph->inputs[1], &bytes), 0);
}

static void a_foreign_consumer_position_holds_nobody(void **state)
{
    (void)state;
    init(plain, plain);
    write_at(0, 0, 1, 1);
    fake_set_consumer(made.fakes[0][0], 1 << 30);
    write_at(1, 0, 1, 2);
    assert_int_equal(consumer_start(&made.consumer), 0);
    consumer_drain(&made.consumer);
    while (!consumer_join(&made.consumer, MS))
        made_drain(&made);
    assert_int_equal(committed(1, 0), 1);
    assert_int_equal(made.graph->inputs[0]->rings[0]->last, 32);
    assert_true(ringmill_ring_health(made.graph->inputs[0]->rings[0]->handle, NULL) < 0);
}

/* No sink ever gives a chunk back. */
static void no_room_for_what_is_left_holds_nobody(void **state)
{
    uint64_t bytes = 0;

    (void)state;
    init(plain, (struct made_stream){0});
    fill_lane(0);
    write_at(0, 0, 1, 7);
    ringmill_reader_release(made.consumer.reader);
    assert_int_equal(consumer_start(&made.consumer), 0);
    consumer_drain(&made.consumer);
    assert_false(consumer_join(&made.consumer, 20 * MS));
    consumer_set_hurry(&made.consumer, CONSUMER_READS_NO_MORE);
    while (!consumer_join(&made.consumer, MS))
        ;
    assert_true(drain_count_unread(made.graph->inputs[0], &bytes) >= 1);
}

/* ---- many writers ---------------------------------------------------------------------------- */

enum { WRITERS = 4, WRITES = 1500 };

struct writer_thread {
    pthread_t thread;
    uint32_t ring;
};

static void *write_many(void *data)
{
    const struct writer_thread *writer = data;
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(writer->ring % (uint32_t)sysconf(_SC_NPROCESSORS_ONLN), &cpu);
    pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
    for (uint32_t i = 0; i < WRITES; i++) {
        write_at(0, writer->ring, (uint64_t)clock_monotonic(), i);
        if (i % 10 == 0)
            sched_yield();
    }
    return NULL;
}

static uint64_t last_time;
static bool in_order;

static void check_order(struct handler *handler, struct batch *batch)
{
    (void)handler;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct made_record record;

        memcpy(&record, batch->views[i].data, SIZE);
        in_order &= record.time >= last_time;
        last_time = record.time;
    }
    batch->selected = 0;
}

static const struct handler_ops check_ops = {
    .name = "check", .process = check_order, .removes = BOOK_FILTERED, .close = recorder_close};

/* The hold is longer than any writer can be kept from the CPU between the time it takes and the
 * record it submits. */
static void many_writers_on_many_rings(void **state)
{
    struct writer_thread writers[WRITERS];

    (void)state;
    made.streams[0] =
        (struct made_stream){.n_types = 1, .n_rings = WRITERS, .ordered = true, .hold = 2000 * MS};
    made_init(&made);
    made_record_all(&made);
    made.graph->chains[0]->handlers[0]->ops = &check_ops;
    last_time = 0;
    in_order = true;
    assert_int_equal(consumer_start(&made.consumer), 0);
    for (uint32_t i = 0; i < WRITERS; i++) {
        writers[i].ring = i;
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    consumer_drain(&made.consumer);
    while (!consumer_join(&made.consumer, 10 * MS))
        ;
    assert_true(in_order);
    assert_int_equal(made_book(&made, BOOK_SEEN), WRITERS * WRITES);
    for (uint32_t i = 0; i < WRITERS; i++)
        assert_int_equal(fake_lost(made.fakes[0][i]), 0);
}

#define IN_GRAPH(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_GRAPH(shards_come_in_order),
        IN_GRAPH(random_shards),
        IN_GRAPH(no_chunk_goes_before_its_positions),
        IN_GRAPH(a_shard_is_waited_for),
        IN_GRAPH(a_plain_stream_beside_an_ordered_one),
        IN_GRAPH(discards_hold_nobody_up),
        IN_GRAPH(all_shards_pause_and_go_on),
        IN_GRAPH(a_loss_waits_for_room),
        IN_GRAPH(drains_all_streams),
        IN_GRAPH(many_writers_on_many_rings),
        IN_GRAPH(a_ring_that_is_never_empty_ends),
        IN_GRAPH(a_head_that_stays_reserved_is_left),
        IN_GRAPH(a_foreign_consumer_position_holds_nobody),
        IN_GRAPH(no_room_for_what_is_left_holds_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
