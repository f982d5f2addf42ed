// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Events as datagrams, one each, many with one system call. */

#include <stdint.h>
#include <sys/types.h>

#include "sink/connection.h"

enum {
    DATAGRAM_BATCH = 64,                               /* of one system call */
    DATAGRAM_HEAD_MAX = 256,                           /* bytes put before each event */
    DATAGRAM_UNIX_MAX = 64 * 1024 + DATAGRAM_HEAD_MAX, /* fits any event */
};

/* How a datagram begins, if not with the event: writes the head, returns its length. */
typedef uint32_t (*datagram_head)(void *data, char out[DATAGRAM_HEAD_MAX]);

struct datagram {
    struct connection connection;
    uint32_t largest;   /* bytes of one datagram, with its head; 0: what the path's MTU allows */
    datagram_head head; /* NULL: none */
    void *head_data;

    /* owned by the writer thread, any thread reads */
    counter sent;
    counter too_long; /* events that did not fit into a datagram */
};

/* sink_ops.write: sends the complete events in bytes, and refuses those that are too long. */
enum sink_state datagram_write(struct datagram *datagram, const char *bytes, size_t size,
                               struct sink_outcome *outcome);
/* sink_ops.rows: those of the connection and its own. */
void datagram_rows(const struct datagram *datagram, row_emit emit, void *data);
