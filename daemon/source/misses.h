// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Runs of the programs of a source that the kernel skipped. It does not start a program on a CPU
 * where that program, or for some hooks any other one, was interrupted or preempted, and counts
 * that for each program (recursion_misses of struct bpf_prog_info). A kprobe may be missed as well,
 * as a kretprobe is when too many calls wait for their return; its link counts that (`missed`).
 * Nobody knows what such a run would have written. On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

struct kept;
struct object;

/* Zeroed: no programs, number unknown. */
struct misses {
    int *fds; /* of the programs, n of them */
    uint32_t n;
    bool owned;                /* the fds are closed by misses_close() */
    bool known;                /* the kernel counts them for each of these programs */
    bool probes;               /* some of them may be on kprobes */
    const struct holds *holds; /* the links, while they are attached; NULL: they are in kept */
    const struct kept *kept;
    uint64_t by_links; /* their last value, kept after they are detached */
    uint64_t before;   /* what an earlier process has already reported */
    uint64_t sum;      /* as read last */
};

/* Watches the programs that the object has loaded to attach them; it must outlive this. */
void misses_watch(struct misses *misses, const struct object *object);
/* Watches the programs of the kept links, which needs CAP_SYS_ADMIN; before: the sum as already
 * reported. */
void misses_adopt(struct misses *misses, const struct kept *kept, uint64_t before);
/* 0, or -ENOTSUP where nobody counts them, or another -errno. */
int misses_read(struct misses *misses, uint64_t *ret_skipped);
void misses_close(struct misses *misses);
