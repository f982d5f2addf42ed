// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the built-in programs read of BPF programs, block devices and the like; see core.bpf.h. */

#include "core.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_prog_aux {
    unsigned int id;
    const char *attach_func_name;
    struct bpf_prog *prog;
    char name[16];
};

struct bpf_prog {
    unsigned int len;
    unsigned int jited_len;
    __u8 tag[8];
    struct bpf_prog_aux *aux;
};

struct bpf_map {
    enum bpf_map_type map_type;
    unsigned int key_size;
    unsigned int value_size;
    unsigned int max_entries;
    unsigned int id;
    char name[16];
};

struct gendisk {
    int major;
    int first_minor;
    char disk_name[32];
};

struct request_queue {
    struct gendisk *disk;
};

struct bio {
    struct bio *bi_next;
};

struct request {
    struct request_queue *q;
    unsigned int cmd_flags;
    __u64 __sector;
    struct bio *bio;
};

/* Never read, only asked for: it tells whether the tracepoint gives the task. */
struct trace_event_raw_mark_victim {
    __u32 uid; /* Linux 6.10 and later */
};

struct module_memory {
    unsigned int size;
};

struct module {
    char name[56];
    const char *version;
    struct module_memory mem[4]; /* Linux 6.4 and later; those of the init function follow */
    unsigned long taints;
};

struct module_layout {
    unsigned int size;
};

struct module___before_6_4 {
    struct module_layout core_layout;
};

#pragma clang attribute pop

/* What the BTF tracepoints give, as in core.bpf.h. */
struct task_newtask {
    const struct task_struct *task;
    __u64 clone_flags;
};

/* Before Linux 6.10 it is the victim's thread id instead. */
struct mark_victim {
    const struct task_struct *task;
};

struct block_getrq {
    const struct bio *bio;
};

struct block_rq {
    const struct request *request;
    __u64 status; /* of block_rq_complete, in its lowest byte: a number of the block layer */
    __u64 bytes;
};

struct module_change {
    const struct module *module;
};

/* What every program of tp/syscalls gets; part of tracefs' stable format. */
struct syscall_enter {
    __u64 common;
    long number;
    unsigned long arguments[6];
};

struct syscall_exit {
    __u64 common;
    long number;
    long result;
};
