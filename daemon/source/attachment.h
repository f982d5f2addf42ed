// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What keeps programs attached: links and sockets, which the kernel drops when this process ends,
 * threads that run iterators, and TC filters, which stay. Owned by one object; used on the loader
 * thread. */

#include <stdint.h>

struct bpf_link;
struct iteration;

enum { ATTACHMENTS_MAX = 16 * 1024 }; /* of one object; perf sampling has one for each CPU */

/* The place of a TC program, by which it is found again. */
struct tc_filter {
    int interface; /* its index */
    int direction; /* BPF_TC_INGRESS or BPF_TC_EGRESS */
    uint32_t handle;
    uint32_t priority;
    uint32_t program; /* the id of the program that was put there */
};

/* One of these. */
struct attachment {
    struct bpf_link *link;
    int fd; /* of a link that libbpf does not know, or of a socket; -1: none */
    struct iteration *iteration;
    struct tc_filter filter;

    uint32_t program; /* for the owner: the index of the program that is held */
};

/* Zeroed is empty. */
struct attachments {
    struct attachment *items;
    uint32_t count;
    uint32_t room;
};

/* Takes ownership of the link, even on failure: then it is detached. 0, -ENOMEM or -E2BIG. */
int attachments_add_link(struct attachments *attachments, struct bpf_link *link);
/* Takes ownership of the fd of a link or socket, even on failure: then it is closed. 0, -ENOMEM or
 * -E2BIG. */
int attachments_add_fd(struct attachments *attachments, int fd);
/* Takes ownership of the iteration, even on failure: then it is stopped. 0, -ENOMEM or -E2BIG. */
int attachments_add_iteration(struct attachments *attachments, struct iteration *iteration);
/* Takes ownership of the filter, even on failure: then it is detached. 0, -ENOMEM or -E2BIG. */
int attachments_add_filter(struct attachments *attachments, const struct tc_filter *filter);

/* The fd of its link, or of its socket; -1: it has none. */
int attachment_fd(const struct attachment *attachment);
/* Detaches the newest ones until count are left. */
void attachments_shrink(struct attachments *attachments, uint32_t count);
/* Frees the list without detaching: another process has the links open, too. Their descriptors stay
 * open until this process ends. */
void attachments_leave(struct attachments *attachments);
/* Waits until programs that were detached before have ended on all CPUs. */
void attachments_wait(void);
/* Detaches all and frees the memory. When it returns, none of their programs runs any more. */
void attachments_release(struct attachments *attachments);
