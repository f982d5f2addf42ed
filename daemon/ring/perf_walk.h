// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Walking the records of a perf ring: the pages that a perf event shares with its reader. As
 * mapped:
 *
 *     page 0               then `size` bytes                  then our own memory
 *     data_head data_tail  header|sample|header|lost|header|  the end of a record that wraps
 *
 * A record is a header of 8 bytes (type, flags, size of the whole record), and of a sample
 * (PERF_RECORD_SAMPLE with PERF_SAMPLE_RAW alone) a u32 length and that many bytes, so samples
 * begin 4 bytes after a multiple of 8. The kernel lets records run past the end of the data, and
 * such pages cannot be mapped twice in a row as those of a BPF ring buffer are (the mapping must
 * begin at page 0 and must not be split). So what lies at the beginning of the data is copied
 * after its end, for this one record; there is one such record per round at the most, and the next
 * one cannot be written before this one was committed.
 *
 * The kernel writes whole records only, and adds to the length of a sample what makes the record
 * end at a multiple of 8: 0 to 7 bytes that hold whatever was there. */

#include <linux/perf_event.h>
#include <ringmill/ring.h>
#include <stdint.h>
#include <string.h>

#include "ring/walk.h"

enum {
    PERF_AFTER = 1 << 16,   /* bytes after the data: the size of a record has 16 bits */
    PERF_SAMPLE_AT = 12,    /* bytes from a record's beginning to its sample */
    PERF_LENGTHS_MAX = 288, /* known lengths of a ring's samples */
};

/* What a walk of a perf ring needs besides struct walk. */
struct perf_walk {
    uint64_t size;  /* bytes of data; PERF_AFTER writable bytes follow them */
    uint32_t raw;   /* length of the last sample, as the kernel has it */
    uint32_t exact; /* and as the program gave it */
    uint32_t n_lengths;
    uint32_t lengths[PERF_LENGTHS_MAX]; /* that programs are known to give, ascending */
};

/* The length that the kernel gives a sample of so many bytes. */
static inline uint32_t perf_padded(uint32_t length)
{
    return ((length + sizeof(uint32_t) + 7) & ~UINT32_C(7)) - (uint32_t)sizeof(uint32_t);
}

static inline uint64_t perf_load(const struct walk *walk, uint64_t position)
{
    const uint8_t *at = walk->data + (position & walk->mask);

    return atomic_load_explicit((const _Atomic uint64_t *)at, memory_order_relaxed);
}

/* Bytes of a record with this header. */
static inline uint64_t perf_span(uint64_t header)
{
    return header >> 48;
}

/* Type and size of a header, without its flags, which say where the program ran. */
static inline uint64_t perf_kind(uint64_t header)
{
    return header & ~(UINT64_C(0xffff) << 32);
}

/* Whether the record can lie in that many bytes; its second word, too, if it is a sample. */
static inline bool perf_fits(uint64_t header, uint64_t left)
{
    uint64_t span = perf_span(header);

    return span >= sizeof(header) && span <= left && span % 8 == 0 &&
           ((uint32_t)header != PERF_RECORD_SAMPLE || span > PERF_SAMPLE_AT);
}

/* Where the record at position ends: it must be one that was walked. */
static inline uint64_t perf_end(const struct walk *walk, uint64_t position)
{
    return position + perf_span(perf_load(walk, position));
}

/* As walk_look(). */
enum walk_result perf_look(const struct walk *walk);
/* As walk_step(): to the next sample and past it. Other records are skipped; what a
 * PERF_RECORD_LOST says is added to walk->lost. */
enum walk_result perf_step(struct perf_walk *perf, struct walk *walk,
                           struct ringmill_view *ret_view);
/* Samples between the walk's position and `end`, of a walk that is not corrupt. */
uint64_t perf_count(const struct walk *walk, uint64_t end);
/* Fills up to capacity (>= 1) views, and returns how many. */
uint32_t perf_take(struct perf_walk *perf, struct walk *walk, struct ringmill_view *ret_views,
                   uint32_t capacity, uint64_t *ret_bytes);
