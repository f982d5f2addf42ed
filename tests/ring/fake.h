// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A ring buffer without a kernel: a memfd in the kernel's layout, and a producer that follows the
 * kernel's rules, wake-ups included. Every edge case can be made here, without root and without
 * BPF.
 *
 *     struct fake *fake;
 *     fake_new(4096, 0, &fake);
 *     fake_open(fake, NULL, NULL, &ring);
 *     fake_write(fake, "hello", 5, 0);
 *
 * One thread produces at a time. */

#include <ringmill/ring.h>
#include <stdint.h>

struct fake;

enum fake_flags {
    FAKE_NO_WAKEUP = 1,    /* as BPF_RB_NO_WAKEUP */
    FAKE_FORCE_WAKEUP = 2, /* as BPF_RB_FORCE_WAKEUP */
};

/* start is the first value of both positions, such as a value near 2^32 or 2^64; a multiple of 8.
 * -errno. */
int fake_new(uint64_t size, uint64_t start, struct fake **ret_fake);
void fake_free(struct fake *fake);

/* Opens a ring over the memory, as ringmill_ring_open() does over a map. Rings may outlive the
 * fake. It takes no lock; options may be NULL. */
int fake_open(struct fake *fake, const struct ringmill_ring_options *options,
              struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* A record's sample, busy until it is submitted; NULL when the ring is full, counted in
 * fake_lost(). */
void *fake_reserve(struct fake *fake, uint32_t length);
void fake_submit(struct fake *fake, void *sample, int flags);
void fake_discard(struct fake *fake, void *sample, int flags);
/* Reserve, copy and submit. 0, or -ENOSPC. */
int fake_write(struct fake *fake, const void *bytes, uint32_t length, int flags);

/* Reserves that failed. */
uint64_t fake_lost(const struct fake *fake);
/* Wake-ups sent. */
uint64_t fake_wakeups(const struct fake *fake);
uint64_t fake_consumer(const struct fake *fake);
uint64_t fake_producer(const struct fake *fake);

/* Corrupts a position, for tests. */
void fake_set_consumer(struct fake *fake, uint64_t position);
void fake_set_producer(struct fake *fake, uint64_t position);
void fake_set_header(struct fake *fake, uint64_t position, uint32_t length_and_flags);
/* The data area, writable; size bytes and the same again. */
uint8_t *fake_data(struct fake *fake);
