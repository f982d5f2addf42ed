// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A source made by hand, on fake rings, in a graph of which only the threads are missing: the test
 * turns the consumer over, and is the writer of the one sink. What comes to the chains, and what
 * they are told to be lost, is kept as text, in order:
 *
 *     a1 a2 [lost 3] b4       records 1 and 2 of type a, then 3 were missing, then record 4 of b */

#include <ringmill/ring.h>

#include "pipeline/build.h"
#include "pipeline/consumer.h"
#include "pipeline/dispatch.h"
#include "pipeline/loss_report.h"
#include "ring/fake.h"
#include "source/kind.h"
#include "source/lost.h"
#include "unit/config/support.h"

enum { MADE_STREAMS = 2, MADE_RINGS = 4, MADE_RING = 64 * 1024, MADE_LOG = 256 * 1024 };

/* What all types begin with. */
struct made_record {
    uint32_t kind;
    uint32_t number;
    uint64_t time;
    uint32_t id;
    uint32_t tail;
};

struct made_stream {
    uint32_t
        n_types; /* called a, b, c, with the selector's values 1, 2, 3; 0: there is no stream */
    uint32_t n_rings;
    enum stream_selector selector;
    bool ordered, numbered, counted, wide, open_ended, timed;
    uint64_t hold;
};

struct made {
    struct made_stream streams[MADE_STREAMS];
    const char *handlers;        /* of the one pipeline "all"; NULL: a forward */
    const char *sinks;           /* NULL: one to the standard output, "out" */
    const struct schema *schema; /* of all types, without columns; NULL: struct made_record's */

    struct config_tree *tree;
    struct graph *graph;
    struct consumer consumer;
    struct waker waker;
    struct fake *fakes[MADE_STREAMS][MADE_RINGS];
    struct made_log {
        char text[MADE_LOG];
        size_t used;
    } log;
};

/* ---- the source ------------------------------------------------------------------------------ */

static struct made *made_current;

static inline int made_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                                 struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    struct fake **fake = &made_current->fakes[stream][ring];

    (void)source;
    (void)reason;
    assert_int_equal(fake_new(MADE_RING, 0, fake), 0);
    assert_int_equal(fake_open(*fake, NULL, NULL, ret_ring), 0);
    return 0;
}

static inline int made_lost(const struct source *source, uint32_t stream,
                            struct lost_count *ret_count)
{
    (void)source;
    *ret_count = (struct lost_count){0};
    for (uint32_t i = 0; i < MADE_RINGS; i++)
        if (made_current->fakes[stream][i])
            ret_count->records += fake_lost(made_current->fakes[stream][i]);
    return 0;
}

static const struct source_kind made_kind = {
    .name = "made", .lost = made_lost, .open_ring = made_open_ring};

static inline struct schema *made_schema_of(const char *name, const struct schema *like)
{
    struct schema *schema = schema_new(name, like->n_fields);

    memcpy(schema->fields, like->fields, schema->n_fields * sizeof(*schema->fields));
    schema->size = like->size;
    return schema;
}

static inline struct schema *made_schema(const char *name, const struct made_stream *of)
{
    static const struct field fields[] = {
        {.name = "kind", .kind = FIELD_UINT, .offset = 0, .size = 4},
        {.name = "number", .kind = FIELD_UINT, .offset = 4, .size = 4},
        {.name = "time", .kind = FIELD_UINT, .offset = 8, .size = 8},
        {.name = "id", .kind = FIELD_UINT, .offset = 16, .size = 4},
        {.name = "tail", .kind = FIELD_ARRAY, .offset = 20, .stride = 1},
    };
    struct schema *schema = schema_new(name, of->open_ended ? 5 : 4);

    memcpy(schema->fields, fields, schema->n_fields * sizeof(fields[0]));
    if (of->timed)
        schema->fields[2].meaning = MEANING_KTIME;
    schema->size = 20;
    return schema;
}

static inline void made_stream_init(struct stream *stream, const struct made_stream *of)
{
    static const char *const names[] = {"struct a", "struct b", "struct c"};

    stream->name = of == made_current->streams ? "rb" : "other";
    stream->selector = of->selector;
    stream->n_rings = of->n_rings;
    stream->ring_size = MADE_RING;
    assert_int_equal(stream_set_types(stream, of->n_types), 0);
    for (uint32_t i = 0; i < of->n_types; i++)
        stream->types[i] = (struct stream_type){
            .value = i + 1,
            .schema = made_current->schema ? made_schema_of(names[i], made_current->schema)
                                           : made_schema(names[i], of),
            .source_name = "made"};
    stream->selected_by = stream->types->schema->fields[0];
    stream->order = stream->types->schema->fields[2];
    stream->sequence = stream->types->schema->fields[of->wide ? 2 : 1];
    stream->ordered = of->ordered;
    stream->order_hold = of->hold;
    stream->numbered = of->numbered;
    stream->counted = of->counted;
}

static inline int made_open(const struct config_node *config, struct diag *diag,
                            struct source **ret)
{
    struct source *source = calloc(1, sizeof(*source));
    uint32_t n = made_current->streams[1].n_types ? 2 : 1;

    (void)diag;
    assert_non_null(source);
    source->name = config->key;
    source->kind = &made_kind;
    source->streams = streams_new(n);
    source->n_streams = n;
    for (uint32_t i = 0; i < n; i++)
        made_stream_init(&source->streams[i], &made_current->streams[i]);
    *ret = source;
    return 0;
}

/* ---- what is seen ---------------------------------------------------------------------------- */

struct recorder {
    struct handler base;
    struct made_log *log;
    char letter;
};

static inline void made_say(struct made_log *log, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (log->used > 0)
        log->text[log->used++] = ' ';
    log->used += (size_t)vsnprintf(log->text + log->used, MADE_LOG - log->used, format, arguments);
    assert_true(log->used < MADE_LOG);
    va_end(arguments);
}

static inline void recorder_process(struct handler *handler, struct batch *batch)
{
    const struct recorder *recorder = (struct recorder *)handler;

    for (uint32_t i = 0; i < batch->selected; i++) {
        const struct ringmill_view *view = &batch->views[batch->selection[i]];
        struct made_record record = {0};

        memcpy(&record, view->data, view->length < sizeof(record) ? view->length : sizeof(record));
        made_say(recorder->log, "%c%u", recorder->letter, record.id);
    }
}

/* The forward behind it counts. */
static inline uint32_t recorder_lost(struct handler *handler, const struct loss *loss)
{
    made_say(((struct recorder *)handler)->log, "[lost %lu]", (unsigned long)loss->records);
    assert_true(loss->until >= loss->since);
    return 0;
}

static inline void recorder_close(struct handler *handler)
{
    free(handler);
}

static const struct handler_ops recorder_ops = {.name = "recorder",
                                                .process = recorder_process,
                                                .lost = recorder_lost,
                                                .close = recorder_close};

/* In front of all other handlers. */
static inline void made_record_chain(struct made *made, struct chain *chain)
{
    struct recorder *recorder = calloc(1, sizeof(*recorder));

    assert_non_null(recorder);
    recorder->base.ops = &recorder_ops;
    recorder->log = &made->log;
    recorder->letter = chain->type->stream_type->schema->type_name[strlen("struct ")];
    memmove(&chain->handlers[1], chain->handlers, chain->n_handlers * sizeof(void *));
    chain->handlers[0] = &recorder->base;
    chain->n_handlers++;
}

/* ---- the graph ------------------------------------------------------------------------------- */

static inline void made_ignore(void *data)
{
    (void)data;
}

/* streams and handlers are set, all else is zero. */
static inline void made_init(struct made *made)
{
    struct diag diag;
    struct build build = {
        .graph = calloc(1, sizeof(struct graph)), .diag = &diag, .open_source = made_open};
    struct error error;
    char config[4096];

    made_current = made;
    diag_init(&diag);
    snprintf(config, sizeof(config),
             "version: 1\nsources: {made: {}}\nsinks: {%s}\npipelines: {all: "
             "{from: made, handlers: [%s]}}\n",
             made->sinks ? made->sinks : "out: {type: stdout}",
             made->handlers ? made->handlers : "{forward: out}");
    made->tree = load(config);
    if (build_graph(&build, made->tree) < 0)
        expect_messages(&diag, "");
    made->graph = build.graph;
    assert_int_equal(waker_init(&made->waker), 0);
    for (uint32_t i = 0; i < made->graph->n_sinks; i++)
        assert_int_equal(lane_init(&made->graph->sinks[i]->lane, CONSUMER_ROOM,
                                   made->graph->copies[i] ? made->graph->copies[i] : 1, LANE_BLOCK,
                                   &made->waker, consumer_on_room, &made->consumer),
                         0);
    assert_int_equal(consumer_init(&made->consumer, made->graph, &error), 0);
    made->consumer.on_exhausted = made_ignore;
}

static inline void made_record_all(struct made *made)
{
    for (uint32_t i = 0; i < made->graph->n_chains; i++)
        if (made->graph->chains[i]->type->stream_type)
            made_record_chain(made, made->graph->chains[i]);
}

static inline void made_deinit(struct made *made)
{
    consumer_deinit(&made->consumer);
    graph_free(made->graph);
    config_tree_free(made->tree);
    waker_deinit(&made->waker);
    for (int i = 0; i < MADE_STREAMS; i++)
        for (int j = 0; j < MADE_RINGS; j++)
            fake_free(made->fakes[i][j]);
    memset(made, 0, sizeof(*made));
}

/* Takes what the sinks got; gives how many events that were. */
static inline uint64_t made_drain(struct made *made)
{
    uint64_t events = 0;
    struct chunk *chunk;

    for (uint32_t i = 0; i < made->graph->n_sinks; i++) {
        struct lane *lane = &made->graph->sinks[i]->lane;

        while ((chunk = lane_take(lane))) {
            events += chunk->events;
            lane_give_back(lane, chunk, chunk->events, false);
        }
    }
    return events;
}

static inline void made_turn(struct made *made)
{
    while (consumer_read(&made->consumer))
        made_drain(made);
    made_drain(made);
}

/* Into the first stream's first ring. */
static inline void made_write(struct made *made, uint32_t kind, uint32_t number, uint32_t id,
                              uint32_t length)
{
    struct made_record record = {kind, number, number, id, 0};
    char bytes[256] = {0};

    memcpy(bytes, &record, sizeof(record));
    assert_int_equal(fake_write(made->fakes[0][0], bytes, length, 0), 0);
}

static inline void made_expect(struct made *made, const char *expected)
{
    made_turn(made);
    assert_string_equal(made->log.text, expected);
}

static inline uint64_t made_book(const struct made *made, enum book row)
{
    struct book_totals totals;

    graph_books(made->graph, made->graph->pipelines, &totals);
    assert_true(books_balance(&totals));
    return totals.rows[row];
}
