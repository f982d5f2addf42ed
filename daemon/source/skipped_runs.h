// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Runs of the programs of a source that the kernel skipped. It does not start a program on a CPU
 * where that program, or for some hooks any other one, was interrupted or preempted, and counts
 * that for each program (recursion_misses of struct bpf_prog_info). A kprobe may be missed as well,
 * as a kretprobe is when too many calls wait for their return; its link counts that (`missed`).
 * Nobody knows what such a run would have written. On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

struct kept_set;
struct object;

/* Zeroed: no programs, number unknown. */
struct skipped_runs {
    int *fds; /* of the programs, n of them */
    uint32_t n;
    bool owned;  /* the fds are closed by skipped_runs_close() */
    bool known;  /* the kernel counts them for each of these programs */
    bool probes; /* some of them may be on kprobes */
    const struct attachments
        *attachments; /* the links, while they are attached; NULL: they are in kept */
    const struct kept_set *kept;
    uint64_t by_links; /* their last value, kept after they are detached */
    uint64_t before;   /* what an earlier process has already reported */
    uint64_t sum;      /* as read last */
};

/* Watches the programs that the object has loaded to attach them; it must outlive this. */
void skipped_runs_watch(struct skipped_runs *runs, const struct object *object);
/* Watches the programs of the kept links, which needs CAP_SYS_ADMIN; before: the sum as already
 * reported. */
void skipped_runs_adopt(struct skipped_runs *runs, const struct kept_set *kept, uint64_t before);
/* 0, or -ENOTSUP if the kernel does not count them, or another -errno. */
int skipped_runs_read(struct skipped_runs *runs, uint64_t *ret_skipped);
/* Closes the descriptors that it owns. */
void skipped_runs_close(struct skipped_runs *runs);
