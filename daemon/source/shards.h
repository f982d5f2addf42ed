// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The rings of one stream as fds: one ring, or the rings in a map of maps. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { SHARDS_MAX = 4096 }; /* the most that one reader takes */

/* Zeroed is empty. */
struct shards {
    int *fds; /* n of them */
    uint32_t n;
    bool owned; /* the fds are closed by shards_close() */
};

/* Uses rings that the caller keeps open. 0, or -errno and a sentence. */
int shards_borrow(struct shards *shards, const int *fds, uint32_t n, struct error *error);

/* Creates rings of ring_size bytes and puts them into a map of maps, at the keys from 0 on: one for
 * each possible CPU, if the map has room for as many. name is that of the rings. 0, or -errno and a
 * sentence. */
int shards_make(struct shards *shards, int outer_fd, const char *name, uint32_t ring_size,
                struct error *error);

/* Opens the rings in a map of maps; needs CAP_SYS_ADMIN. 0, or -errno and a sentence: -ENOENT if
 * there are none. */
int shards_open(struct shards *shards, int outer_fd, struct error *error);

/* Closes the rings that it opened or created. */
void shards_close(struct shards *shards);

/* Creates a ring buffer that is in no map. An fd that the caller owns, or -errno. */
int shards_make_ring(const char *name, uint32_t ring_size);
