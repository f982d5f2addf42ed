// SPDX-License-Identifier: Apache-2.0
#pragma once

/* HTTP on a unix socket and, if wanted, on loopback TCP, in the main thread's event loop. That
 * thread has no capabilities while it parses. Each listener has its own connections, and so have
 * its owners (root and the daemon's own user, on the unix socket) and its readers (all others): so
 * readers cannot block a reload. One request for each connection.
 *
 * Main thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    SERVER_HEADER_MAX = 8 * 1024, /* bytes of request line and headers: else 400 */
    SERVER_BODY_MAX = 4 * 1024,   /* bytes: else 413 */
    SERVER_CONNECTIONS_MAX = 64,  /* of a listener's readers, and as many of its owners: a further
                                     one is closed at once */
    SERVER_ROUND_MAX = 64,        /* connections that are accepted before all else has its turn */
    SERVER_SECONDS_MAX = 5,       /* of one connection, from accept to close */
    SERVER_BACKLOG = 128,
    SERVER_PAUSE_MS = 500, /* until a listener tries again that could not accept */
};

enum server_kind { SERVER_UNIX, SERVER_TCP, SERVER_KINDS };

/* What happened, for the metrics. The six ends add up to accepted - open. */
struct server_counts {
    uint64_t accepted;
    uint64_t answered;  /* with anything but 4xx */
    uint64_t refused;   /* a whole request, answered with 4xx: not found, not allowed */
    uint64_t malformed; /* answered by evhttp itself: malformed, too long */
    uint64_t left;      /* the client went without a whole request */
    uint64_t crowded;   /* closed: too many connections */
    uint64_t expired;   /* closed: out of time, also while the answer was sent */
    uint64_t paused;    /* times that a connection could not be accepted: no descriptors, memory */
    uint32_t open;
};

struct evhttp_request;
struct event_base;
struct server;

/* Answers one request. kind: where it came in; fd: its socket. */
typedef void (*server_answer)(void *data, struct evhttp_request *request, enum server_kind kind,
                              int fd);

/* An empty server; answer is called from the base's loop. NULL when out of memory. From now on,
 * what libevent says goes to the log. */
struct server *server_new(struct event_base *base, server_answer answer, void *data);
/* Closes all connections and sockets. Accepts NULL. */
void server_free(struct server *server);

/* Listens on the path: mode 0660, and group `ringmill` where there is one. A socket that no process
 * serves any more is replaced; -EADDRINUSE: another program serves it; -EEXIST: it is not a socket.
 * On failure nothing of ours is left there. Needs CAP_CHOWN for the group. -errno and a sentence.
 */
int server_listen_unix(struct server *server, const char *path, struct error *error);
/* Listens on a loopback "ADDRESS:PORT". -errno and a sentence. */
int server_listen_tcp(struct server *server, const char *address, struct error *error);
/* Listens on the path with a socket that an earlier process has bound to it and that listens
 * already; it becomes the server's, also on failure. -ENOENT: it is no longer at the path. */
int server_listen_again(struct server *server, const char *path, int fd, struct error *error);
/* Serves a socket that listens already: of systemd's, where its socket unit says. It becomes the
 * server's, also on failure. -errno and a sentence. */
int server_listen_passed(struct server *server, enum server_kind kind, int fd, struct error *error);

/* The listening socket, still owned by the server; -1: none. */
int server_fd(const struct server *server, enum server_kind kind);
/* The next process will serve the unix socket: server_free() leaves it where it is. */
void server_hand_on(struct server *server);

/* Whether the peer may change things: root or the daemon's own user, on the unix socket. */
bool server_peer_owns(enum server_kind kind, int fd);

/* The counts of one listener, the server's. */
const struct server_counts *server_counts(const struct server *server, enum server_kind kind);
/* "unix", "tcp" */
const char *server_kind_name(enum server_kind kind);
