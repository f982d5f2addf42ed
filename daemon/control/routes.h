// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The requests, one row each; docs/openapi.yaml describes the same rows, and a test compares
 * them. Rows that change something answer on the unix socket only, and only to root or to the user
 * that the daemon runs as. Main thread only. */

#include <stdbool.h>

#include "control/reload.h"
#include "control/server.h"
#include "control/watch.h"

/* The sources of the data in replies. */
struct control_view {
    struct watch *watch;
    struct server *server;
    struct reload *reload; /* NULL: no config file */
};

struct route {
    const char *path;
    const char *method; /* "GET" includes HEAD */
    bool changes;
    const char *doc;
    void (*answer)(const struct control_view *view, struct evhttp_request *request);
};

/* Ended by a row without a path. */
extern const struct route routes[];

/* A server_answer; data is the struct control_view. */
void routes_answer(void *data, struct evhttp_request *request, enum server_kind kind, int fd);
