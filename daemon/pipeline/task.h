// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A task is a function that one thread posts and another one runs between two of its turns. The
 * poster goes on meanwhile, so the task uses the runner's fields only, and those of its data that
 * the poster leaves alone until it is done.
 *
 *     poster    post ───────────────▶ (goes on) ──────▶ sees DONE
 *     runner           takes it ▶ runs it ▶ on_change()
 *
 * A task with waits_for_poster may use the fields of both threads: it does not run before the
 * poster lets it, and the poster waits until it has ended.
 *
 *     poster    post ───────────────▶ (goes on) ▶ sees READY ▶ task_let_run(), waits for its end
 *     runner           takes it ▶ on_change(), waits ───────▶ runs it
 */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

enum task_state { TASK_POSTED, TASK_READY, TASK_DONE };

/* Set up to `go` by the poster, whose memory it is until it is done or cancelled. */
struct task {
    void (*run)(void *data);
    void *data;
    void (*on_change)(void *data); /* runner: the state has changed */
    void *on_change_data;
    bool waits_for_poster;

    sem_t go;
    sem_t done;
    _Atomic(enum task_state) state;
};

/* Where the poster leaves a task; zeroed is empty. */
struct task_slot {
    _Atomic(struct task *) posted; /* NULL: none waits */
};

/* Poster, with the slot empty. Waking the runner is the caller's job. */
void task_post(struct task_slot *slot, struct task *task);
/* Poster: takes the task back. False: the runner has taken it and will run it. */
bool task_cancel(struct task_slot *slot, struct task *task);
/* Poster: how far the task has come. */
enum task_state task_state(const struct task *task);
/* Poster, once the task is READY: lets it run, and waits for its end and nothing else. */
void task_let_run(struct task *task);

/* Runner: runs the task that was posted, if there is one. */
void task_run(struct task_slot *slot);
