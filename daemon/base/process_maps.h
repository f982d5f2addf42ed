// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which files a process runs code of, and where: the lines of /proc/PID/maps that may be executed
 * and have a file. Owned by one thread. */

#include <stdbool.h>
#include <stdint.h>

enum {
    PROCESS_MAPS_MAX = 4096,                   /* mappings of one process; more are not read */
    PROCESS_MAPS_BYTES_MAX = 16 * 1024 * 1024, /* of the text; what follows is not read */
};

struct process_mapping {
    uint64_t start, end;
    uint64_t offset; /* of the file, at start */
    uint64_t inode;
    const char *path; /* as the process sees it */
    bool is_deleted;  /* nothing, or another file, has that path now */
    int32_t file;     /* for whoever has the maps: 0 at first */
    uint32_t serial;
};

struct process_maps {
    char *text;
    struct process_mapping *mappings; /* in the order of addresses */
    uint32_t n_mappings;
    bool any; /* there was a line at all: a process that has ended has none */
};

/* Reads an open /proc/PID/maps. 0, and the caller calls process_maps_deinit(); or -errno. */
int process_maps_read(int fd, struct process_maps *ret);
/* Accepts zeroed ones. */
void process_maps_deinit(struct process_maps *maps);

/* The mapping that has the address, or NULL. */
struct process_mapping *process_maps_find(const struct process_maps *maps, uint64_t address);
