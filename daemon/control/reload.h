// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A reload: the config file is read again, and its graph replaces the running one, see
 * pipeline/switch.h. What it says is read and built on the loader thread, and the main thread waits
 * for nothing:
 *
 *     reload_ask() ──▶ loader: read, build, load ──bell──▶ reload_step(): the switch begins,
 *                                                          or why not
 *     bell or time, often ───────────────────────────────▶ reload_step(): it goes on, or is over
 *
 * An old graph that has not ended RELOAD_END_S after the new one runs ends the reload all the same.
 * It goes on ending; a further reload is refused until it has.
 *
 * Main thread only. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "control/control_config.h"
#include "control/watch.h"
#include "pipeline/engine.h"
#include "pipeline/switch.h"

enum { RELOAD_END_S = STOP_LIMIT_S + 2, RELOAD_DROP_S = 1 };

enum reload_outcome {
    RELOAD_NONE,
    RELOAD_GOOD,   /* the new config runs */
    RELOAD_CONFIG, /* it has mistakes; the old one stays active, as with RELOAD_FAILED */
    RELOAD_FAILED, /* it is valid, but could not be started */
};

struct reload {
    const char *path; /* of the config file; NULL: there is none */
    struct engine *engine;
    struct watch *watch;
    struct control_options *options; /* that are in force */
    void (*on_ready)(void *data);    /* loader thread: reload_step() is due */
    void *on_ready_data;

    uint64_t asked; /* reloads that were wanted so far; those that waited for one count as one */
    uint64_t ended; /* of them */
    bool runs;
    bool switches;               /* what the loader has made of it is being switched to */
    enum reload_outcome outcome; /* of the last that ended */
    char *messages;              /* of it: lines as a start would print them; NULL: none */
    int64_t ended_at;            /* ns since 1970 */

    /* of the one that runs; the loader's as long as that is busy */
    struct control_options next_options;
    struct graph *next; /* NULL: not built, or the switch's */
    int64_t taken_at;   /* ns, monotonic: when it ran; 0: it does not */
    struct diag diag;
    struct error error;
    int result;
};

/* Wants a reload; one that runs goes on to its end, and then another follows. Its number is
 * reload->asked then. */
void reload_ask(struct reload *reload);
/* Continues with the results of other threads. Returns after how many ns it must be called again;
 * 0: when on_ready() is called. */
uint64_t reload_step(struct reload *reload);
/* Whether a further reload must be refused, since graphs of this one are still changing. */
bool reload_busy(const struct reload *reload);
/* Ends what the loader is doing, within RELOAD_DROP_S; a switch that has begun is brought to
 * its end, within SWITCH_FINISH_S. What does not end is left to stop_engine(). */
void reload_deinit(struct reload *reload);

/* As docs/openapi.yaml has it. NULL when out of memory. */
json_t *reload_json(const struct reload *reload);
