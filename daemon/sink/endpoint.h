// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whom a socket sink sends to, and how a connection comes about. */

#include <stdbool.h>

#include "base/error.h"
#include "sink/lookup.h"

enum {
    ENDPOINT_CONNECT_MS = 5000,        /* how long one try may take */
    ENDPOINT_SEND_BUFFER = 256 * 1024, /* bytes that the kernel may hold for a slow peer; it allows
                                          itself twice as much */
};

struct endpoint {
    int type;   /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    char *path; /* of a unix socket; "@name": an abstract one; NULL: host and port */
    char *host;
    char *port;

    /* owned by the writer thread */
    struct lookup *lookup; /* of host, still without an answer; or NULL */
};

/* path is copied. 0, -ENAMETOOLONG, -EINVAL or -ENOMEM and a sentence. */
int endpoint_unix(struct endpoint *endpoint, int type, const char *path, struct error *error);
/* address: "host:port", "[fe80::1]:514"; a port is a number. Nothing is looked up yet. 0, -EINVAL
 * or -ENOMEM and a sentence. */
int endpoint_inet(struct endpoint *endpoint, int type, const char *address, struct error *error);
/* The same, only to see whether it would do. */
int endpoint_check_unix(const char *path, struct error *error);
int endpoint_check_inet(const char *address, struct error *error);
void endpoint_deinit(struct endpoint *endpoint); /* accepts a zeroed one */

/* Writer thread: looks the name up and connects, waiting ENDPOINT_CONNECT_MS at most for each of
 * the two. 0 and a blocking descriptor that the caller owns; -EINTR; or -errno and a sentence. */
int endpoint_connect(struct endpoint *endpoint, struct error *error, int *ret_fd);
