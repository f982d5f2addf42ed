// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Runs of a source's programs that the kernel skipped: it does not start a program on a CPU where
 * that program, or for some hooks any other one, was interrupted or preempted, and counts that for
 * each program (recursion_misses of struct bpf_prog_info). A kprobe may be missed as well, as a
 * kretprobe when too many calls wait for their return, and its link counts that (`missed`). What
 * such a run would have written, if anything, nobody knows. On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

struct kept;
struct object;

/* Zeroed is of no programs, and not known. */
struct misses {
    int *fds; /* of the programs, n of them */
    uint32_t n;
    bool owned;                /* the fds are closed by misses_close() */
    bool known;                /* the kernel counts them for each of these programs */
    bool probes;               /* some of them may be on kprobes */
    const struct holds *holds; /* the links, while they are attached; NULL: they are in kept */
    const struct kept *kept;
    uint64_t by_links; /* what they said last: it goes with them */
    uint64_t before;   /* what is not this process's to report */
    uint64_t sum;      /* as read last */
};

/* The programs that the object has loaded in order to attach them; it must outlive this. */
void misses_watch(struct misses *misses, const struct object *object);
/* Those that the kept links run, which takes CAP_SYS_ADMIN; before: the sum as it was reported. */
void misses_adopt(struct misses *misses, const struct kept *kept, uint64_t before);
/* 0, or -ENOTSUP where nobody counts them, or another -errno. */
int misses_read(struct misses *misses, uint64_t *ret_skipped);
void misses_close(struct misses *misses);
