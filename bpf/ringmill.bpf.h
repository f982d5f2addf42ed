// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* For authors of BPF programs whose events ringmill reads. It needs libbpf's headers and nothing
 * else; a program that does without it can be read too, but only a counter as defined here lets
 * ringmill say how many records were lost, because the kernel keeps none.
 *
 *     #include <linux/bpf.h>
 *     #include <bpf/bpf_helpers.h>
 *     #include "ringmill.bpf.h"
 *
 *     struct drop_event { __u64 ktime; __u32 reason; char device[16]; };
 *     RINGMILL_EVENT(drop_event);
 *     RINGMILL_RING(events, 1 << 20);
 *
 *     struct drop_event *event = ringmill_reserve(events, sizeof(*event));
 *     if (!event)
 *         return 0;
 *     ...
 *     ringmill_submit(event);
 *
 * Records go out with flags 0, so that the kernel wakes the reader exactly when it sleeps. */

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

/* A text elsewhere in the same sample: counted from the sample's start, without its NUL. This is
 * how one sample carries several texts at their own length:
 *
 *     sample  | ktime | pid | path | name | u s r / l i b | s h |
 *                             |      '------------------->-'
 *                             '------------>-'
 */
struct ringmill_text {
    __u16 offset;
    __u16 length;
};

/* The same layout for a run of NUL-ended texts, such as argv; length counts the NULs. */
struct ringmill_texts {
    __u16 offset;
    __u16 length;
};

/* A member of this type says how many elements the array has that is the next member. */
typedef __u32 ringmill_count;

/* As an offset: there is no such text. It leads outside of any sample, so it reads as null. */
#define RINGMILL_NO_TEXT 0xffff

static __always_inline void ringmill_no_text(struct ringmill_text *text)
{
    text->offset = RINGMILL_NO_TEXT;
    text->length = 0;
}

/* Names the type of a ring's samples: an otherwise unused pointer, which keeps the type in BTF. */
#define RINGMILL_EVENT(name) const struct name *unused_##name __attribute__((unused))

/* Defines the ring buffer map `name`, of `bytes` (a power of two, at least a page), and beside it
 * `name`_lost: one number per CPU, how many records did not fit. */
#define RINGMILL_RING(name, bytes)               \
    struct {                                     \
        __uint(type, BPF_MAP_TYPE_RINGBUF);      \
        __uint(max_entries, bytes);              \
    } name SEC(".maps");                         \
    struct {                                     \
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
        __uint(max_entries, 1);                  \
        __type(key, __u32);                      \
        __type(value, __u64);                    \
    } name##_lost SEC(".maps")

/* Atomic although it is this CPU's own: a program in an NMI may interrupt another one in here. */
static __always_inline void ringmill_count_lost(void *lost_map)
{
    __u32 key = 0;
    __u64 *lost = bpf_map_lookup_elem(lost_map, &key);

    if (lost)
        __sync_fetch_and_add(lost, 1);
}

/* Room for a sample of `size` bytes (a constant), or NULL when the ring is full: counted. What was
 * reserved must be submitted or discarded; until then the reader waits in front of it. */
#define ringmill_reserve(name, size)                               \
    ({                                                             \
        void *reserved_ = bpf_ringbuf_reserve(&(name), (size), 0); \
        if (!reserved_)                                            \
            ringmill_count_lost(&name##_lost);                     \
        reserved_;                                                 \
    })

#define ringmill_submit(sample)  bpf_ringbuf_submit((sample), 0)
#define ringmill_discard(sample) bpf_ringbuf_discard((sample), 0)

/* Copies a sample of any size into the ring, for those with texts: build it in a per-CPU scratch
 * and write only what is used. 0, or a negative errno when the ring is full: counted. */
#define ringmill_output(name, data, size)                              \
    ({                                                                 \
        long result_ = bpf_ringbuf_output(&(name), (data), (size), 0); \
        if (result_)                                                   \
            ringmill_count_lost(&name##_lost);                         \
        result_;                                                       \
    })

/* Parameters of a filter that user space changes while the program runs, as one whole:
 *
 *     ringmill_params      [ 0: min_bytes 100, uid 0 ][ 1: min_bytes 500, uid 7 ]
 *                            ^ read by the programs     ^ idle: user space writes here,
 *     ringmill_generation    4  (its lowest bit says 0)   then makes the generation 5
 *
 * A program takes one generation and uses no other until it returns, so it never sees half of a
 * change. Before user space writes the entry that went idle it lets a grace period pass (a second
 * is plenty: programs run for microseconds). Once per object; read by ringmill_params_read(). */
#define RINGMILL_PARAMS(params_type)                                     \
    struct {                                                             \
        __uint(type, BPF_MAP_TYPE_ARRAY);                                \
        __uint(max_entries, 2);                                          \
        __type(key, __u32);                                              \
        __type(value, params_type);                                      \
    } ringmill_params SEC(".maps");                                      \
    volatile __u32 ringmill_generation = 0;                              \
    static __always_inline const params_type *ringmill_params_read(void) \
    {                                                                    \
        __u32 key = ringmill_generation & 1;                             \
                                                                         \
        return bpf_map_lookup_elem(&ringmill_params, &key);              \
    }                                                                    \
    struct ringmill_semicolon
