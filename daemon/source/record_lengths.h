// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The lengths of a ring's records, as the programs of an object give them to bpf_ringbuf_reserve(),
 * bpf_ringbuf_output() and bpf_ringbuf_reserve_dynptr(), or, for a perf event array, to
 * bpf_perf_event_output(), bpf_skb_output() and bpf_xdp_output(). No count and no `varies`: no
 * program writes to it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_LENGTHS_MAX = 32,     /* different ones of a ring; with more, they vary */
    RECORD_CALLS_MAX = 64,       /* of a ring that are remembered */
    RECORD_FUNCTION_BYTES = 128, /* of a function's name; a longer one is cut */
};

/* One call that puts a record of a constant length into the ring. */
struct record_call {
    uint32_t length;
    char function[RECORD_FUNCTION_BYTES]; /* that makes the call */
    bool is_result;                       /* the record is where the result of a call points to, */
    uint64_t result_of;                   /* which is at this address of its section */
    bool is_on_frame;                     /* or it is a local variable, */
    int64_t from_depth; /* which begins so many bytes above the lowest one of the frame */
    bool is_dynptr;     /* a dynptr leads to it, */
    int64_t dynptr;     /* which is at this place of the frame */
};

struct record_lengths {
    uint32_t list[RECORD_LENGTHS_MAX]; /* bytes, ascending; each once */
    uint32_t count;
    bool varies; /* there are others, too: not constant, or it is not clear into which ring */

    struct record_call calls[RECORD_CALLS_MAX];
    uint32_t n_calls; /* of all, more than RECORD_CALLS_MAX if some are not remembered */
};

/* Reads the calls in all programs of the object. is_perf: the map is a perf event array. is_only:
 * the object has no other ring, so a call whose map is not clear is about this one. What cannot be
 * read of a damaged ELF has no calls. */
void record_lengths_read(const void *elf, size_t size, const char *ring, bool is_perf, bool is_only,
                         struct record_lengths *ret);
