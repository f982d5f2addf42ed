// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Up to where may the position of a ring be committed (published), and may more be read before
 * that? What is committed, the kernel may overwrite. Whether there is room is said by
 * input_make_ready().
 *
 *     ring       published                read                      end
 *              ──────┴──────────────────────┴────────────────────────┴──▶
 *     at-most-once   │ batches of ordered     │  read on when every lane has room for a whole batch
 *                    │ shards, up to 32       │  and no handler waits to make records
 *                    │ records                │
 *     at-least-once  │ what a sink has not    │  the same, and when no more than max_unacked lies
 *                    │ acknowledged           │  between published and read
 *
 * All functions: consumer thread between batches, or while there is none. */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/graph.h"

struct ringmill_batch;

/* True: nothing more may be read of the ring before a sink acknowledges some of it. A batch may go
 * beyond max_unacked. With at-most-once: before all is acknowledged that an earlier config with
 * at-least-once has read; positions after it cannot be published, so a kill would repeat records.
 */
bool commit_is_over_limit(const struct input_ring *ring);
/* The same question for all rings of an input. */
bool commit_input_is_over_limit(const struct input *input);

/* After a batch of the ring was handled: publishes its position, or what may be published by now.
 * False: the position waits for more batches of ordered shards. */
bool commit_batch(struct input_ring *ring, const struct ringmill_batch *taken);
/* Publishes all that was read of the input, except what waits for acknowledgements. */
void commit_input(struct input *input);
/* Publishes what the sinks have acknowledged by now. */
void commit_acknowledged(struct input *input);
/* From now on acknowledgements wake the consumer thread. False when one came meanwhile: publish
 * before sleeping. */
bool commit_arm_wake(struct input_ring *ring);

/* Sets the ring's unacked_max from the limit of its input. */
void commit_set_limit(struct input_ring *ring);
/* The queue that the ring needs for these acknowledgers of the input, and for the lanes that still
 * have records of it, but for sinks that only `ended` has (NULL: none). *ret_queue is the caller's;
 * NULL if the ring needs none. 0 or -ENOMEM. */
int commit_new_queue(const struct input_ring *ring, const struct input *input,
                     const struct graph *ended, struct commit_queue **ret_queue);
