// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What ./dev bench forward is made of: a filled ring, contestants that bring its records to a file
 * or a socket, and what each took. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shapes.h"

struct ringmill_ring;

enum shape { SHAPE_EXEC, SHAPE_FLOW, SHAPES };
enum way { WAY_JSON_FILE, WAY_JSON_UNIX, WAY_RAW_UNIX, WAYS };

/* What one contestant took for one full ring. */
struct lap {
    uint64_t records;
    uint64_t bytes;  /* of output */
    double seconds;  /* from the first record until the kernel has accepted the last */
    double cpu;      /* seconds, of all threads that take part but for a socket's reader */
    double consumer; /* of them, the daemon's consumer thread */
};

/* Where the output goes. */
struct output {
    bool to_file;
    char path[108]; /* of the file, or of the socket; both are there for the whole run */
};

/* ---- forward_output.c ---- */

/* Forks the socket's reader, which ends with this process. folder is where both are. */
void output_init(struct output *file, struct output *socket, const char *folder);
/* Empties the file; or nothing. */
void output_reset(struct output *output);
/* A descriptor to write to. */
int output_open(const struct output *output);
/* Bytes since output_reset(); of a socket once all connections are closed. */
uint64_t output_bytes(struct output *output);
/* A checksum of a JSON file's lines without their times. */
uint64_t output_checksum(const struct output *output);

/* ---- forward_peers.c ---- */

enum peer { PEER_FPRINTF, PEER_SNPRINTF, PEER_FWRITE, PEER_COPY, PEER_WRITEV, PEER_LIMIT, PEERS };

extern const char *const peer_names[];

/* Drains the ring whose map is map_fd, by libbpf, or for PEER_WRITEV ring. PEER_LIMIT drains it
 * beforehand, unmeasured, and then writes `bytes` bytes from one buffer. */
void peer_run(enum peer peer, enum shape shape, int map_fd, struct ringmill_ring *ring,
              const struct output *output, uint64_t bytes, struct lap *ret_lap);

/* Seconds of CPU that this thread has used. */
double thread_seconds(void);
