// SPDX-License-Identifier: Apache-2.0
/* The kernel's side of a ring buffer, in a memfd.
 *
 * It follows kernel/bpf/ringbuf.c to the letter where a reader could notice: the length is written
 * with its busy bit before the producer position is published, a commit exchanges the length and
 * then compares the record's position with the consumer's, and only a match wakes. Readiness is an
 * eventfd: each write to it is one edge, as the kernel's wait queue gives one. */
#include "ring/fake.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/layout.h"
#include "ring/map.h"
#include "ring/ring.h"

struct fake {
    int memory_fd;
    int ready_fd;
    uint64_t size;
    uint8_t *area; /* consumer page, producer page, data, data again: all writable */
    size_t area_length;
    uint64_t lost;
    uint64_t wakeups;
};

DEFINE_CLEANUP(struct fake, fake_free);

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static _Atomic unsigned long *consumer_of(const struct fake *fake)
{
    return (_Atomic unsigned long *)fake->area;
}

static _Atomic unsigned long *producer_of(const struct fake *fake)
{
    return (_Atomic unsigned long *)(fake->area + page_size());
}

static int map_area(struct fake *fake)
{
    size_t page = page_size();
    size_t first = 2 * page + fake->size;
    uint8_t *area;

    fake->area_length = first + fake->size;
    area = mmap(NULL, fake->area_length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return -errno;
    fake->area = area;
    if (mmap(area, first, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fake->memory_fd, 0) ==
        MAP_FAILED)
        return -errno;
    if (mmap(area + first, fake->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             fake->memory_fd, (off_t)(2 * page)) == MAP_FAILED)
        return -errno;
    return 0;
}

int fake_new(uint64_t size, uint64_t start, struct fake **ret_fake)
{
    _cleanup_(cleanup_fake_free) struct fake *fake = calloc(1, sizeof(*fake));
    int r;

    if (!fake)
        return -ENOMEM;
    fake->ready_fd = -1;
    fake->size = size;
    fake->memory_fd = memfd_create("ringmill-fake", MFD_CLOEXEC);
    if (fake->memory_fd < 0)
        return -errno;
    fake->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fake->ready_fd < 0)
        return -errno;
    if (ftruncate(fake->memory_fd, (off_t)(2 * page_size() + size)) < 0)
        return -errno;
    r = map_area(fake);
    if (r < 0)
        return r;
    fake_set_consumer(fake, start);
    fake_set_producer(fake, start);
    *ret_fake = TAKE_PTR(fake);
    return 0;
}

void fake_free(struct fake *fake)
{
    if (!fake)
        return;
    if (fake->area)
        munmap(fake->area, fake->area_length);
    if (fake->memory_fd >= 0)
        close(fake->memory_fd);
    if (fake->ready_fd >= 0)
        close(fake->ready_fd);
    free(fake);
}

int fake_open(struct fake *fake, const struct ringmill_ring_options *options,
              struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1};
    bool read_only = options && (options->flags & RINGMILL_RING_OBSERVE);
    int r;

    r = map_init_memory(fake->memory_fd, fake->ready_fd, fake->size, read_only, reason, &map);
    if (r < 0)
        return r;
    return ring_new(&map, options, reason, ret_ring);
}

void *fake_reserve(struct fake *fake, uint32_t length)
{
    unsigned long consumer = atomic_load_explicit(consumer_of(fake), memory_order_acquire);
    unsigned long producer = atomic_load_explicit(producer_of(fake), memory_order_relaxed);
    uint64_t span = layout_span(length);

    /* as in the kernel: at most size - 1 bytes are ever in use */
    if (length > LAYOUT_LENGTH || span > fake->size - 1 ||
        producer + span - consumer > fake->size - 1) {
        fake->lost++;
        return NULL;
    }
    fake_set_header(fake, producer, length | LAYOUT_BUSY);
    atomic_store_explicit(producer_of(fake), producer + span, memory_order_release);
    return fake_data(fake) + (producer & (fake->size - 1)) + LAYOUT_HEADER;
}

static void commit(struct fake *fake, void *sample, int flags, uint32_t clear_and_set)
{
    _Atomic uint32_t *header = (_Atomic uint32_t *)((uint8_t *)sample - LAYOUT_HEADER);
    uint64_t at = (uint64_t)((uint8_t *)header - fake_data(fake));
    uint32_t length = atomic_load_explicit(header, memory_order_relaxed) & LAYOUT_LENGTH;
    unsigned long consumer;

    /* a full barrier, like the xchg of the kernel: before the load of the consumer position */
    atomic_exchange_explicit(header, length | clear_and_set, memory_order_seq_cst);
    consumer = atomic_load_explicit(consumer_of(fake), memory_order_seq_cst);
    if (flags & FAKE_NO_WAKEUP)
        return;
    if ((flags & FAKE_FORCE_WAKEUP) || (consumer & (fake->size - 1)) == at) {
        uint64_t one = 1;

        fake->wakeups++;
        if (write(fake->ready_fd, &one, sizeof(one)) < 0)
            fake->wakeups--;
    }
}

void fake_submit(struct fake *fake, void *sample, int flags)
{
    commit(fake, sample, flags, 0);
}

void fake_discard(struct fake *fake, void *sample, int flags)
{
    commit(fake, sample, flags, LAYOUT_DISCARD);
}

int fake_write(struct fake *fake, const void *bytes, uint32_t length, int flags)
{
    void *sample = fake_reserve(fake, length);

    if (!sample)
        return -ENOSPC;
    memcpy(sample, bytes, length);
    fake_submit(fake, sample, flags);
    return 0;
}

uint64_t fake_lost(const struct fake *fake)
{
    return fake->lost;
}

uint64_t fake_wakeups(const struct fake *fake)
{
    return fake->wakeups;
}

uint64_t fake_consumer(const struct fake *fake)
{
    return atomic_load_explicit(consumer_of(fake), memory_order_acquire);
}

uint64_t fake_producer(const struct fake *fake)
{
    return atomic_load_explicit(producer_of(fake), memory_order_acquire);
}

void fake_set_consumer(struct fake *fake, uint64_t position)
{
    atomic_store_explicit(consumer_of(fake), position, memory_order_release);
}

void fake_set_producer(struct fake *fake, uint64_t position)
{
    atomic_store_explicit(producer_of(fake), position, memory_order_release);
}

void fake_set_header(struct fake *fake, uint64_t position, uint32_t length_and_flags)
{
    uint8_t *at = fake_data(fake) + (position & (fake->size - 1));

    atomic_store_explicit((_Atomic uint32_t *)at, length_and_flags, memory_order_release);
}

uint8_t *fake_data(struct fake *fake)
{
    return fake->area + 2 * page_size();
}
