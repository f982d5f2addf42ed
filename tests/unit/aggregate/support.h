// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Random records of one struct, and an aggregate that is driven by hand: the test is the consumer,
 * and what would go on behind the handler is given to a function. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "record/builtin_handlers.h"
#include "unit/record/support.h"

#define SECOND INT64_C(1000000000)

struct hit {
    uint64_t ktime;
    uint64_t wall;
    int64_t size;
    uint64_t latency;
    double load;
    uint32_t pid;
    uint32_t weight;
    char comm[16];
};

#define HIT(member) \
    .offset = offsetof(struct hit, member), .size = sizeof(((struct hit *)0)->member)

static struct field hit_fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, HIT(ktime)},
    {.name = "wall", .kind = FIELD_UINT, .meaning = MEANING_UNIX_NS, HIT(wall)},
    {.name = "size", .kind = FIELD_INT, .is_signed = true, HIT(size)},
    {.name = "moment", .kind = FIELD_INT, .is_signed = true, .meaning = MEANING_UNIX_NS, HIT(size)},
    {.name = "latency", .kind = FIELD_UINT, HIT(latency)},
    {.name = "load", .kind = FIELD_FLOAT, HIT(load)},
    {.name = "pid", .kind = FIELD_UINT, HIT(pid)},
    {.name = "weight", .kind = FIELD_UINT, HIT(weight)},
    {.name = "comm", .kind = FIELD_CHARS, HIT(comm)},
};

static const struct schema hit_schema = {
    .type_name = "struct hit",
    .size = sizeof(struct hit),
    .n_fields = sizeof(hit_fields) / sizeof(hit_fields[0]),
    .fields = hit_fields,
};

/* What a handler that asks for the time gets; 0: what it was told last. */
static int64_t hit_now;

static int64_t hit_clock(void)
{
    return hit_now;
}

static struct wall_offset hit_wall;
static const struct handler_host hit_host = {
    .schema = &hit_schema, .source_name = "hits", .wall = &hit_wall, .clock = hit_clock};

/* What became of the records. */
struct tally {
    uint64_t in, late, failed, aggregated, emitted;
};

typedef void (*row_taker)(void *data, const struct batch *batch, uint32_t index);

struct driven {
    struct opened opened;
    struct tally tally;
    row_taker take;
    void *data;
};

static inline void drive_open(struct driven *driven, const char *config, row_taker take, void *data)
{
    memset(driven, 0, sizeof(*driven));
    driven->opened = open_handler(&aggregate_ops, config, &hit_host);
    driven->take = take;
    driven->data = data;
}

static inline void drive_records(struct driven *driven, const struct hit *hits, uint32_t count,
                                 int64_t now)
{
    struct handler *handler = driven->opened.handler;
    struct ringmill_view views[BATCH_MAX];

    for (uint32_t from = 0; from < count; from += 32) {
        struct batch batch = {.schema = &hit_schema, .views = views, .now = now};

        for (batch.count = 0; batch.count < 32 && from + batch.count < count; batch.count++)
            views[batch.count] = (struct ringmill_view){.data = &hits[from + batch.count],
                                                        .length = sizeof(struct hit)};
        batch_select_all(&batch);
        assert_false(handler->waits);
        handler->ops->process(handler, &batch);
        assert_int_equal(batch.selected, 0);
        driven->tally.in += batch.count;
        driven->tally.late += batch.late;
        driven->tally.failed += batch.failed;
        driven->tally.aggregated += batch.count - batch.late - batch.failed;
    }
}

/* One step; true: there is more. */
static inline bool drive_step(struct driven *driven, int64_t now, bool last)
{
    struct handler *handler = driven->opened.handler;
    struct batch batch;
    bool more = handler->ops->make(handler, now, last, &batch);

    assert_in_range(batch.selected, 0, HANDLER_MADE_MAX);
    if (batch.selected > 0)
        assert_ptr_equal(batch.schema, handler->schema);
    for (uint32_t i = 0; i < batch.selected; i++)
        driven->take(driven->data, &batch, batch.selection[i]);
    driven->tally.emitted += batch.selected;
    return more;
}

static inline void drive_time(struct driven *driven, int64_t now)
{
    while (drive_step(driven, now, false))
        ;
}

static inline void drive_end(struct driven *driven, int64_t now)
{
    while (drive_step(driven, now, true))
        ;
    assert_int_equal(driven->opened.handler->ops->due(driven->opened.handler), INT64_MAX);
}

static inline void drive_close(struct driven *driven)
{
    close_handler(&driven->opened);
}

/* One field of a row. */
static inline const struct field *row_field(const struct batch *batch, const char *name)
{
    const struct field *field = schema_find(batch->schema, name);

    assert_non_null(field);
    return field;
}

static inline uint64_t row_integer(const struct batch *batch, const char *name, uint32_t index)
{
    return batch_integer(batch, row_field(batch, name), index);
}

static inline double row_float(const struct batch *batch, const char *name, uint32_t index)
{
    return batch_float(batch, row_field(batch, name), index);
}

static inline bool row_null(const struct batch *batch, const char *name, uint32_t index)
{
    return !batch_present(batch, row_field(batch, name), index);
}

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From the environment, or the clock; printed, so that a failure can be had again. */
static inline uint64_t random_seed(const char *of)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)clock_realtime();

    printf("%s: SEED=%lu\n", of, (unsigned long)seed);
    return seed;
}
