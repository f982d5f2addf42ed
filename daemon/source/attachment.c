// SPDX-License-Identifier: Apache-2.0

/* The kernel waits for one or two grace periods per perf link. Waiting for all of them at the same
 * time takes about half as long as one after the other, so each closing thread takes every n-th
 * link. */

#include "source/attachment.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/thread.h"
#include "source/iteration.h"

enum { THREADS_MAX = 64, ROOM_FIRST = 16 };

static void detach(const struct attachment *attachment)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = attachment->filter.interface,
                .attach_point = (enum bpf_tc_attach_point)attachment->filter.direction);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = attachment->filter.handle,
                .priority = attachment->filter.priority);

    if (attachment->link)
        bpf_link__destroy(attachment->link);
    else if (attachment->fd >= 0)
        close(attachment->fd);
    else if (attachment->iteration)
        iteration_stop(attachment->iteration);
    if (attachment->filter.interface == 0)
        return;
    if (bpf_tc_query(&hook, &options) < 0 || options.prog_id != attachment->filter.program)
        return; /* a source of this name in a reloaded config has already replaced it */
    options.prog_id = 0;
    options.flags = 0;
    bpf_tc_detach(&hook, &options);
}

static int add(struct attachments *attachments, const struct attachment *attachment)
{
    if (attachments->count == attachments->room) {
        uint32_t room = attachments->room ? attachments->room * 2 : ROOM_FIRST;
        struct attachment *items =
            room <= ATTACHMENTS_MAX ? reallocarray(attachments->items, room, sizeof(*items)) : NULL;

        if (!items) {
            detach(attachment);
            return room <= ATTACHMENTS_MAX ? -ENOMEM : -E2BIG;
        }
        attachments->items = items;
        attachments->room = room;
    }
    attachments->items[attachments->count++] = *attachment;
    return 0;
}

int attachments_add_link(struct attachments *attachments, struct bpf_link *link)
{
    return add(attachments, &(struct attachment){.link = link, .fd = -1});
}

int attachments_add_fd(struct attachments *attachments, int fd)
{
    return add(attachments, &(struct attachment){.fd = fd});
}

int attachments_add_iteration(struct attachments *attachments, struct iteration *iteration)
{
    return add(attachments, &(struct attachment){.fd = -1, .iteration = iteration});
}

int attachments_add_filter(struct attachments *attachments, const struct tc_filter *filter)
{
    return add(attachments, &(struct attachment){.fd = -1, .filter = *filter});
}

int attachment_fd(const struct attachment *attachment)
{
    return attachment->link ? bpf_link__fd(attachment->link) : attachment->fd;
}

void attachments_shrink(struct attachments *attachments, uint32_t count)
{
    while (attachments->count > count)
        detach(&attachments->items[--attachments->count]);
}

struct share {
    const struct attachments *attachments;
    uint32_t first;
    uint32_t step;
};

static void *detach_share(void *data)
{
    const struct share *share = data;

    for (uint32_t i = share->first; i < share->attachments->count; i += share->step)
        detach(&share->attachments->items[i]);
    return NULL;
}

/* Detaches here what no thread could be started for. */
static void detach_all(const struct attachments *attachments)
{
    uint32_t n = attachments->count < THREADS_MAX ? attachments->count : THREADS_MAX;
    struct share shares[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    uint32_t started = 0;

    for (uint32_t i = 0; i < n; i++)
        shares[i] = (struct share){attachments, i, n};
    while (started + 1 < n &&
           thread_start(&threads[started], "detach", detach_share, &shares[started]) == 0)
        started++;
    for (uint32_t i = started; i < n; i++)
        detach_share(&shares[i]);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Does not detach by libbpf: that would disable the perf event of the link for all who hold it. */
void attachments_leave(struct attachments *attachments)
{
    for (uint32_t i = 0; i < attachments->count; i++)
        if (attachments->items[i].link) {
            bpf_link__disconnect(attachments->items[i].link);
            bpf_link__destroy(attachments->items[i].link);
        }
    free(attachments->items);
    *attachments = (struct attachments){0};
}

/* Waits until running programs have ended. They run under RCU, and this is synchronize_rcu() for
 * user space: what they write is in the ring when it returns. */
void attachments_wait(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void attachments_release(struct attachments *attachments)
{
    if (attachments->count > 0) {
        detach_all(attachments);
        attachments_wait();
    }
    free(attachments->items);
    *attachments = (struct attachments){0};
}
