// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The rings of one stream as fds: one ring, or those that stand in a map of maps. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { SHARDS_MAX = 4096 }; /* as many as one reader takes */

/* Zeroed is empty. */
struct shards {
    int *fds; /* n of them */
    uint32_t n;
    bool owned; /* the fds are closed by shards_close() */
};

/* Rings that somebody else keeps open. 0, or -errno and a sentence. */
int shards_borrow(struct shards *shards, const int *fds, uint32_t n, struct error *error);

/* Makes rings of so many bytes and puts them into a map of maps, at the keys from 0 on: one for
 * each CPU that there can be, if the map has room for as many. name is theirs. 0, or -errno and a
 * sentence. */
int shards_make(struct shards *shards, int outer_fd, const char *name, uint32_t ring_size,
                struct error *error);

/* Opens the rings that stand in a map of maps; takes CAP_SYS_ADMIN. 0, or -errno and a sentence:
 * -ENOENT when there are none. */
int shards_open(struct shards *shards, int outer_fd, struct error *error);

void shards_close(struct shards *shards);

/* A ring buffer outside of everything. An fd that the caller owns, or -errno. */
int shards_make_ring(const char *name, uint32_t ring_size);
