// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The counter of records that did not fit: the kernel keeps none, so programs count in a map (an
 * array, or one per CPU) or in a global variable. Arrays are summed. What was counted before the
 * source started is left out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bpf_object;

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
    uint64_t before;    /* what was counted before the start */
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
/* Since the start. 0 or -errno. */
int lost_read(const struct lost_counter *counter, uint64_t *ret_lost);
/* A zeroed one is fine. */
void lost_stop(struct lost_counter *counter);
