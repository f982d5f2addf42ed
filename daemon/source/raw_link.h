// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Links of kinds that libbpf 1.1 cannot make: BPF_LINK_CREATE by the system call itself. */

#include <stdint.h>

/* Values of enum bpf_attach_type and others from newer headers, with the first Linux that has them.
 */
enum {
    RAW_NETFILTER = 45,   /* Linux 6.4 */
    RAW_TCX_INGRESS = 46, /* Linux 6.6 */
    RAW_TCX_EGRESS = 47,
    RAW_KPROBE_SESSION = 56,     /* Linux 6.10 */
    RAW_UPROBE_SESSION = 57,     /* Linux 6.13 */
    RAW_UPROBE_MULTI = 48,       /* Linux 6.6 */
    RAW_PROGRAM_NETFILTER = 32,  /* a program type */
    RAW_UPROBE_MULTI_RETURN = 1, /* a flag */
    RAW_KPROBE_MULTI_RETURN = 1, /* a flag */
};

/* As link_create in union bpf_attr. */
struct raw_link {
    uint32_t program; /* fd */
    uint32_t target;  /* fd, or the index of an interface */
    uint32_t attach_type;
    uint32_t flags;
    union {
        struct {
            uint32_t family;
            uint32_t hook;
            int32_t priority;
            uint32_t flags;
        } netfilter;
        struct {
            uint64_t path;
            uint64_t offsets;
            uint64_t counters;
            uint64_t cookies;
            uint32_t count;
            uint32_t flags;
            uint32_t pid;
        } uprobes;
        struct {
            uint32_t flags;
            uint32_t count;
            uint64_t names;
            uint64_t addresses;
            uint64_t cookies;
        } kprobes;
    };
};

/* The fd of the link, which detaches when it is closed; or -errno. */
int raw_link_create(const struct raw_link *link);
