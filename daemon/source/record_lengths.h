// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The lengths of a ring's records, as the programs of an object give them to bpf_ringbuf_reserve(),
 * bpf_ringbuf_output() and bpf_ringbuf_reserve_dynptr(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_LENGTHS_MAX = 32 }; /* different ones of a ring; with more, they vary */

struct record_lengths {
    uint32_t list[RECORD_LENGTHS_MAX]; /* bytes, ascending; each once */
    uint32_t count;
    bool varies; /* there are others, too: not constant, or it is not clear into which ring */
};

/* Reads the calls in all programs of the object. is_only: the object has no other ring, so a call
 * whose map is not clear is about this one. What cannot be read of a damaged ELF has no calls. */
void record_lengths_read(const void *elf, size_t size, const char *ring, bool is_only,
                         struct record_lengths *ret);
