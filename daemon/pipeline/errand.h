// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What one thread has another one do between two of its turns: while it runs, both threads' fields
 * are its own. One thread asks, one runs; the asking thread does not wait.
 *
 *     asking    post ────────────────▶ (goes on) ─────▶ sees OVER
 *     running          takes it ▶ runs it ▶ rings
 *
 * An errand that meets is not run before the asking thread says so: that one may be in the middle
 * of reading what the errand changes.
 *
 *     asking    post ────────────────▶ (goes on) ▶ sees MET ▶ errand_meet(), waits for the run
 *     running          takes it ▶ rings, waits ─────────────▶ runs it
 */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

enum errand_state { ERRAND_POSTED, ERRAND_MET, ERRAND_OVER };

/* Set up to the banner by the asking thread, whose memory it is until it is over or called off. */
struct errand {
    void (*run)(void *data);
    void *data;
    void (*on_change)(void *data); /* running thread: the state is another one */
    void *on_change_data;
    bool meets;

    sem_t go;
    sem_t done;
    _Atomic(enum errand_state) state;
};

/* Where the asking thread leaves them; zeroed is empty. */
struct errand_box {
    _Atomic(struct errand *) posted; /* NULL: none waits */
};

/* The asking thread, with the box empty; it makes the other one look. */
void errand_post(struct errand_box *box, struct errand *errand);
/* The asking thread: false: it was taken, and will be run. */
bool errand_call_off(struct errand_box *box, struct errand *errand);
enum errand_state errand_state(const struct errand *errand);
/* The asking thread, when it is met: it is run now. Waits for that, and for nothing else. */
void errand_meet(struct errand *errand);

/* The other thread: runs what waits, if anything does. */
void errand_run(struct errand_box *box);
