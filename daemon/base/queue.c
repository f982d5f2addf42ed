// SPDX-License-Identifier: Apache-2.0

/* Only the slow ends of the queue: getting and giving back its slots. */

#include "base/queue.h"

#include <errno.h>
#include <stdlib.h>

int queue_init(struct queue *queue, uint32_t capacity)
{
    uint32_t slots = 1;

    while (slots < capacity)
        slots *= 2;
    *queue = (struct queue){.slots = calloc(slots, sizeof(void *)), .mask = slots - 1};
    return queue->slots ? 0 : -ENOMEM;
}

void queue_deinit(struct queue *queue)
{
    free(queue->slots);
    *queue = (struct queue){0};
}
