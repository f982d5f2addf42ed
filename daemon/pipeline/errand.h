// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What one thread has another one do between two of its turns, and waits for: while it runs, both
 * threads' fields are its own. One thread asks, one runs. */

#include <stdatomic.h>
#include <stdbool.h>

struct errand;

/* Where the asking thread leaves them; zeroed is empty. */
struct errand_box {
    _Atomic(struct errand *) posted; /* NULL: none waits */
};

enum { ERRAND_WAIT_S = 5 };

/* The asking thread: wake(wake_data) makes the other look. False: it did not within ERRAND_WAIT_S,
 * and the errand will not be run any more. */
bool errand_send(struct errand_box *box, void (*run)(void *data), void *data,
                 void (*wake)(void *data), void *wake_data);

/* The other thread: runs what waits, if anything does. */
void errand_run(struct errand_box *box);
