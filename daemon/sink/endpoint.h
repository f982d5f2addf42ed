// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The peer of a socket sink, and how to connect to it. */

#include <stdbool.h>

#include "base/error.h"
#include "sink/host_lookup.h"

enum {
    ENDPOINT_CONNECT_MS = 5000,        /* time limit of one lookup, and of one connect */
    ENDPOINT_SEND_BUFFER = 256 * 1024, /* bytes that the kernel may hold for a slow peer; it allows
                                          itself twice as much */
};

struct endpoint {
    int type;   /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    char *path; /* of a unix socket; "@name": an abstract one; NULL: host and port */
    char *host;
    char *port;

    /* owned by the writer thread */
    struct host_lookup *lookup; /* the pending lookup of host; NULL: none */
};

/* Makes the endpoint of a unix socket; path is copied. 0, -ENAMETOOLONG, -EINVAL or -ENOMEM and a
 * sentence. */
int endpoint_unix(struct endpoint *endpoint, int type, const char *path, struct error *error);
/* Makes the endpoint of an address: "host:port", "[fe80::1]:514"; a port is a number. Nothing is
 * looked up yet. 0, -EINVAL or -ENOMEM and a sentence. */
int endpoint_inet(struct endpoint *endpoint, int type, const char *address, struct error *error);
/* Checks a path as endpoint_unix() does, and keeps nothing. 0, or -errno and a sentence. */
int endpoint_check_unix(const char *path, struct error *error);
/* Checks an address as endpoint_inet() does, and keeps nothing. 0, or -errno and a sentence. */
int endpoint_check_inet(const char *address, struct error *error);
/* Frees what the endpoint holds; accepts a zeroed one. */
void endpoint_deinit(struct endpoint *endpoint);

/* Writer thread: looks the name up and connects, waiting ENDPOINT_CONNECT_MS at most for each of
 * the two. 0 and a blocking descriptor that the caller owns; -EINTR; or -errno and a sentence. */
int endpoint_connect(struct endpoint *endpoint, struct error *error, int *ret_fd);
