// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The counter of records that did not fit: the kernel has none, so programs count in a map (an
 * array or a per-CPU array) or in a global variable. Arrays are summed. What was counted before the
 * source started is left out.
 *
 * Other programs may set the counter while we read it. If it went back, or grew faster than records
 * can be lost, it is unknown what was lost since the last look; counting then continues from the
 * new value. Such a look is called a reset here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

struct bpf_object;

/* Per possible CPU, one loss in 10 ns: a counter that grows faster was set, not counted. */
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
    uint32_t count;  /* number of integers in a row */

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

/* Finds the counter that `lost:` names in an opened object: a map, or a variable, with ".member"
 * appended if the value is a struct. 0, or -ENOENT or -EINVAL and a sentence. */
int lost_find(const struct bpf_object *object, const char *what, struct error *error,
              struct lost_counter *ret_counter);

/* Finds the default counter of a ring, its map NAME_lost. False: there is none that can be read. */
bool lost_find_default(const struct bpf_object *object, const char *ring,
                       struct lost_counter *ret_counter);

/* Finds a counter in a map that is already open; its values are integers. 0, or -errno and a
 * sentence. */
int lost_from_map(int map_fd, struct error *error, struct lost_counter *ret_counter);

/* Starts counting, with the fd of the loaded map, which must stay open. 0, or -errno and a
 * sentence. */
int lost_start(struct lost_counter *counter, int map_fd, struct error *error);
/* Called right after lost_start(): what was lost since the counter had the value sum, at that time
 * (ns, monotonic), counts as lost since the start. */
void lost_resume(struct lost_counter *counter, uint64_t sum, int64_t at);
/* What was lost up to now does not count. 0 or -errno; -ENODATA: it was not started. */
int lost_forget(struct lost_counter *counter);
/* Reads the counter. A reset is logged with the name of the source. 0 or -errno; -ENODATA: it was
 * not started. */
int lost_read(struct lost_counter *counter, const char *source, struct lost_count *ret_count);
/* What was lost while a counter like this one, in another map, went from `from`, at that time (ns,
 * monotonic), to `to`; 0 if it was set meanwhile. */
uint64_t lost_between(const struct lost_counter *like, uint64_t from, int64_t at, uint64_t to);
/* Stops counting; accepts a zeroed counter. */
void lost_stop(struct lost_counter *counter);
