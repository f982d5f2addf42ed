// SPDX-License-Identifier: Apache-2.0
/* Hostile memory: a ring whose positions and bytes are the input's, and a reader that is told by
 * the input what to do with it, while bytes and positions go on changing under it. Whatever they
 * are, views lie inside the mapping and inside what the producer position allows, the committed
 * position never passes the read position, and nothing spins.
 *
 *     input   start u64, producer - start u16, then pairs: operation u8, argument u8; the data area
 *             is filled with the whole input, over and over */
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>

#include "ring/fake.h"
#include "ring/ring.h"

enum { SIZE = 4096, HEAD = 10, BATCH = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct fake *fake;
    struct ringmill_ring *ring;
    struct ringmill_ring *observer;
    struct ringmill_reader *reader;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_view(const struct run *run, const struct ringmill_view *view)
{
    const uint8_t *first = run->ring->map.data, *at = view->data;
    volatile uint8_t sum = 0;

    check(at >= first && at + view->length <= first + 2 * SIZE);
    check(view->length <= SIZE - LAYOUT_HEADER && ((uintptr_t)at & 7) == 0);
    check(view->position - ringmill_ring_committed(run->ring) <= SIZE);
    for (uint32_t i = 0; i < view->length; i++)
        sum = (uint8_t)(sum + at[i]);
}

static void check_ring(const struct run *run)
{
    const struct ringmill_ring *ring = run->ring;

    check(ring->walk.position - ring->committed <= SIZE);
    check(ring->given - ring->committed <= ring->walk.position - ring->committed);
    check((ring->committed & 7) == 0 && (ring->walk.position & 7) == 0);
}

static void take_batch(struct run *run, bool commit)
{
    struct ringmill_batch batch;
    int n = ringmill_reader_next_batch(run->reader, &batch);

    for (int i = 0; i < n; i++)
        check_view(run, &batch.views[i]);
    if (n > 0 && commit)
        check(ringmill_ring_commit(batch.ring, batch.end) == 0);
}

static void take_next(struct run *run)
{
    struct ringmill_view view;

    if (ringmill_reader_next(run->reader, &view) == RINGMILL_READY)
        check_view(run, &view);
}

static void operate(struct run *run, uint8_t operation, uint8_t argument)
{
    struct ringmill_sight sight;
    uint64_t position = ringmill_ring_committed(run->ring) + argument;

    switch (operation % 10) {
    case 0:
        take_batch(run, true);
        break;
    case 1:
        take_batch(run, false);
        break;
    case 2:
        take_next(run);
        break;
    case 3:
        ringmill_reader_release(run->reader);
        break;
    case 4:
        take_batch(run, false); /* ends the iterator: its views may not be committed ahead of it */
        ringmill_ring_commit(run->ring, position);
        break;
    case 5:
        ringmill_reader_wait(run->reader, RINGMILL_NOW);
        break;
    case 6:
        fake_data(run->fake)[(argument * 37) % SIZE] ^= (uint8_t)(1 << (argument % 8));
        break;
    case 7:
        fake_set_producer(run->fake, fake_producer(run->fake) + argument * UINT64_C(8));
        break;
    case 8:
        fake_write(run->fake, &position, argument % 9, 0);
        break;
    default:
        ringmill_ring_observe(run->observer, &sight);
    }
    check_ring(run);
}

static void run_all(struct run *run, const uint8_t *data, size_t size)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .batch = BATCH};

    check(ringmill_reader_new(&options, NULL, &run->reader) == 0);
    check(ringmill_reader_add(run->reader, run->ring, NULL) == 0);
    ringmill_reader_set_deadline(run->reader, RINGMILL_NOW);
    for (size_t i = 0; i + 1 < size; i += 2)
        operate(run, data[i], data[i + 1]);
    ringmill_reader_free(run->reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ringmill_ring_options observe = {.size = sizeof(observe),
                                            .flags = RINGMILL_RING_OBSERVE};
    static struct fake *fake;
    struct run run;
    uint16_t ahead;
    uint64_t start;

    if (size <= HEAD)
        return 0;
    if (!fake)
        check(fake_new(SIZE, 0, &fake) == 0);
    memcpy(&start, data, sizeof(start));
    memcpy(&ahead, data + 8, sizeof(ahead));
    for (size_t at = 0; at < SIZE; at += size)
        memcpy(fake_data(fake) + at, data, at + size <= SIZE ? size : SIZE - at);
    fake_set_consumer(fake, start);
    fake_set_producer(fake, start + ahead);
    run = (struct run){.fake = fake};
    if (fake_open(fake, NULL, NULL, &run.ring) < 0) {
        check((start & 7) || (ahead & 7) || ahead > SIZE);
        return 0;
    }
    if (fake_open(fake, &observe, NULL, &run.observer) == 0) {
        run_all(&run, data + HEAD, size - HEAD);
        ringmill_ring_free(run.observer);
    }
    return 0;
}
