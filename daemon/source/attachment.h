// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What keeps programs attached: links, which the kernel drops when this process ends, and TC
 * filters, which it does not. Owned by one object; used on the loader thread. */

#include <stdint.h>

struct bpf_link;

enum { ATTACHMENTS_MAX = 16 * 1024 }; /* of one object; perf sampling has one for each CPU */

/* The place of a TC program, by which it is found again. */
struct tc_filter {
    int interface; /* its index */
    int direction; /* BPF_TC_INGRESS or BPF_TC_EGRESS */
    uint32_t handle;
    uint32_t priority;
    uint32_t program; /* the id of the program that was put there */
};

struct attachment {
    struct bpf_link *link; /* NULL: a filter */
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
/* Takes ownership of the filter, even on failure: then it is detached. 0, -ENOMEM or -E2BIG. */
int attachments_add_filter(struct attachments *attachments, const struct tc_filter *filter);

/* Detaches the newest ones until count are left. */
void attachments_shrink(struct attachments *attachments, uint32_t count);
/* Frees the list without detaching: another process has the links open, too. Their descriptors stay
 * open until this process ends. */
void attachments_leave(struct attachments *attachments);
/* Waits until programs that were detached before have ended on all CPUs. */
void attachments_wait(void);
/* Detaches all and frees the memory. When it returns, none of their programs runs any more. */
void attachments_release(struct attachments *attachments);
