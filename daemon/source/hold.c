// SPDX-License-Identifier: Apache-2.0

/* The kernel waits for one or two grace periods per perf link. Waiting for all of them at the same
 * time takes about half as long as one after the other, so each closing thread takes every n-th
 * link. */

#include "source/hold.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/thread.h"

enum { THREADS_MAX = 64, ROOM_FIRST = 16 };

static void detach(const struct hold *hold)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = hold->filter.interface,
                .attach_point = (enum bpf_tc_attach_point)hold->filter.direction);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = hold->filter.handle,
                .priority = hold->filter.priority);

    if (hold->link) {
        bpf_link__destroy(hold->link);
        return;
    }
    if (bpf_tc_query(&hook, &options) < 0 || options.prog_id != hold->filter.program)
        return; /* a source of this name in a reloaded config has already replaced it */
    options.prog_id = 0;
    options.flags = 0;
    bpf_tc_detach(&hook, &options);
}

static int add(struct holds *holds, const struct hold *hold)
{
    if (holds->count == holds->room) {
        uint32_t room = holds->room ? holds->room * 2 : ROOM_FIRST;
        struct hold *items =
            room <= HOLDS_MAX ? reallocarray(holds->items, room, sizeof(*items)) : NULL;

        if (!items) {
            detach(hold);
            return room <= HOLDS_MAX ? -ENOMEM : -E2BIG;
        }
        holds->items = items;
        holds->room = room;
    }
    holds->items[holds->count++] = *hold;
    return 0;
}

int holds_add_link(struct holds *holds, struct bpf_link *link)
{
    return add(holds, &(struct hold){.link = link});
}

int holds_add_filter(struct holds *holds, const struct hold_filter *filter)
{
    return add(holds, &(struct hold){.filter = *filter});
}

void holds_shrink(struct holds *holds, uint32_t count)
{
    while (holds->count > count)
        detach(&holds->items[--holds->count]);
}

struct share {
    const struct holds *holds;
    uint32_t first;
    uint32_t step;
};

static void *detach_share(void *data)
{
    const struct share *share = data;

    for (uint32_t i = share->first; i < share->holds->count; i += share->step)
        detach(&share->holds->items[i]);
    return NULL;
}

/* Detaches here what no thread could be started for. */
static void detach_all(const struct holds *holds)
{
    uint32_t n = holds->count < THREADS_MAX ? holds->count : THREADS_MAX;
    struct share shares[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    uint32_t started = 0;

    for (uint32_t i = 0; i < n; i++)
        shares[i] = (struct share){holds, i, n};
    while (started + 1 < n &&
           thread_start(&threads[started], "detach", detach_share, &shares[started]) == 0)
        started++;
    for (uint32_t i = started; i < n; i++)
        detach_share(&shares[i]);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Does not detach by libbpf: that would disable the perf event of the link for all who hold it. */
void holds_leave(struct holds *holds)
{
    for (uint32_t i = 0; i < holds->count; i++)
        if (holds->items[i].link) {
            bpf_link__disconnect(holds->items[i].link);
            bpf_link__destroy(holds->items[i].link);
        }
    free(holds->items);
    *holds = (struct holds){0};
}

/* Waits until running programs have ended. They run under RCU, and this is synchronize_rcu() for
 * user space: what they write is in the ring when it returns. */
void holds_fence(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void holds_release(struct holds *holds)
{
    if (holds->count > 0) {
        detach_all(holds);
        holds_fence();
    }
    free(holds->items);
    *holds = (struct holds){0};
}
