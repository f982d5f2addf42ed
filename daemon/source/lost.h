// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The counter of records that did not fit: the kernel keeps none, so programs count in a map (an
 * array, or one per CPU) or in a global variable. Arrays are summed. What was counted before the
 * source started is left out.
 *
 * Others may set the counter while we read it. Where it went back, or grew faster than records can
 * get lost, nobody knows what was lost since the look before; it is then counted on from where the
 * counter is now. Such a look is called a reset here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

struct bpf_object;

/* For each CPU that there can be, one in 10 ns: what grows faster was set and not counted. */
#define LOST_PER_SECOND_MAX UINT64_C(100000000)

/* Since the start. */
struct lost_count {
    uint64_t records;
    uint64_t resets;
};

struct lost_counter {
    /* where in an object it is; the name lives as long as the object */
    const char *map; /* the map, or the section of the variable; NULL: nothing counts */
    bool is_section; /* read in place, by mmap */
    uint32_t offset; /* of the first integer in a value */
    uint32_t size;   /* of one integer: 4 or 8 bytes */
    uint32_t count;  /* of integers, one behind the other */

    /* set by lost_start() */
    int fd; /* borrowed */
    uint32_t value_size;
    uint32_t entries;
    uint32_t cpus;      /* values in one entry */
    void *memory;       /* of a section: mapped; else room for one entry */
    size_t memory_size; /* mapped bytes; 0: not mapped */
    uint64_t per_second_max;

    /* set by lost_start() and lost_resume(), moved on by lost_read() */
    uint64_t last;   /* the sum of its integers, as read last */
    int64_t last_at; /* ns, monotonic: when */
    struct lost_count so_far;
    struct log_limit limit;
};

/* Finds what `lost:` names in an object that is open: a map, or a variable, with ".member" behind
 * it where the value is a struct. 0, or -ENOENT or -EINVAL and a sentence. */
int lost_find(const struct bpf_object *object, const char *what, struct error *error,
              struct lost_counter *ret_counter);

/* The default counter of a ring, its map NAME_lost; whether there is one that can be read. */
bool lost_find_default(const struct bpf_object *object, const char *ring,
                       struct lost_counter *ret_counter);

/* The same for a map that is open already: its values are integers. */
int lost_from_map(int map_fd, struct error *error, struct lost_counter *ret_counter);

/* With the loaded map's fd, which must stay open. 0, or -errno and a sentence. */
int lost_start(struct lost_counter *counter, int map_fd, struct error *error);
/* Right after it: what was lost since the counter was at sum, at that time (ns, monotonic), is lost
 * since the start. */
void lost_resume(struct lost_counter *counter, uint64_t sum, int64_t at);
/* A reset is said in the log, about the source of that name. 0 or -errno; -ENODATA: it was
 * not started. */
int lost_read(struct lost_counter *counter, const char *source, struct lost_count *ret_count);
/* What was lost from when a counter like this one, in another map, was at `from`, at that time (ns,
 * monotonic), until it was at `to`; 0 where somebody has set it meanwhile. */
uint64_t lost_between(const struct lost_counter *like, uint64_t from, int64_t at, uint64_t to);
/* A zeroed one is fine. */
void lost_stop(struct lost_counter *counter);
