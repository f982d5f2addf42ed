// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The daemon's life on the main thread: start, signals and timers on libevent, stop, books. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "control/control_config.h"

/* Exit codes of all programs. */
enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1,      /* at run time: also when the books do not add up */
    EXIT_CODE_ENVIRONMENT = 2, /* wrong usage, or something missing that the daemon needs */
    EXIT_CODE_CONFIG = 3,
};

struct daemon_options {
    const char *config; /* the file that a reload reads again; NULL: there is none */
    uint64_t seconds;   /* end by itself after so many; 0: never */
    bool all_shown;     /* records that are too long for an event make the exit status 1 */
    struct control_options control;
    /* Logs why the start failed; NULL: it is logged as the config says it. */
    void (*explain)(struct error *error, void *data);
    void *explain_data;
};

struct graph;

/* Takes the graph and runs it, or those that follow it by reloads, until a signal, the time or the
 * graph itself ends it. Prints the books to stderr.
 * Everything that goes wrong has been logged when it returns. */
enum exit_code daemon_run(struct graph *graph, const struct daemon_options *options);
