// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A hook is the kind of place where a BPF program is attached: an interface, a function, a timer.
 * Which one it is follows from the program's type and section name. Most programs say all that is
 * needed there; the others take arguments from the config. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/setting.h"

struct bpf_program;
struct attachments;

/* The arguments as bits. */
enum hook_key {
    HOOK_INTERFACE = 1,
    HOOK_DIRECTION = 2,
    HOOK_CGROUP = 4,
    HOOK_BINARY = 8,
    HOOK_SYMBOL = 16,
    HOOK_OFFSET = 32,
    HOOK_PID = 64,
    HOOK_USDT = 128,
    HOOK_PERF = 256,
    HOOK_TRACEPOINT = 512,
    HOOK_KEYS = 10, /* how many */
};

struct hook_arguments {
    struct setting_texts interface; /* names */
    int direction;                  /* BPF_TC_INGRESS, BPF_TC_EGRESS; 0: not given */
    const char *cgroup;             /* path of its folder */
    const char *binary;             /* path, or a name that PATH or the library folders know */
    const char *symbol;
    int64_t offset; /* from the symbol, or else within the binary's file */
    int64_t pid;    /* 0: all processes */
    const char *usdt;
    int64_t perf; /* Hz */
    const char *tracepoint;
};

/* Rows of all arguments, in the order of the bits, ended by a row without a name. */
extern const struct setting hook_settings[];

struct hook {
    const char *what;       /* "an XDP program" */
    uint32_t keys;          /* that it takes */
    const char *never;      /* why it cannot be attached; NULL: it can */
    const char *unkeepable; /* why it cannot stay attached without this process; NULL: it can */

    /* Returns the keys that are missing; if one of two would be enough (binary or pid, symbol or
     * offset), both. Needs no privileges. NULL: the hook needs no arguments. */
    uint32_t (*missing)(const struct bpf_program *program, const struct hook_arguments *arguments);
    /* What the kernel does not have for it, as in "kprobes (CONFIG_KPROBES)"; returns NULL if
     * nothing is known to be missing. NULL: nothing to check. */
    const char *(*lacks)(const struct bpf_program *program);
    /* Attaches a loaded program and adds to attachments. The place of TC filters is derived from
     * name, so it is the same at each start. 0, or -errno and a sentence if it knows one (else ""
     * stays). */
    int (*attach)(struct bpf_program *program, const char *name,
                  const struct hook_arguments *arguments, struct attachments *attachments,
                  struct error *error);
};

/* Of the network (hook_network.c): interfaces are those of the network namespace of this process.
 */
extern const struct hook hook_xdp;
extern const struct hook hook_tc;
extern const struct hook hook_cgroup;

/* In running code (hook_trace.c). */
extern const struct hook hook_tracepoint;
extern const struct hook hook_raw_tracepoint;
extern const struct hook hook_kprobe;
extern const struct hook hook_uprobe;
extern const struct hook hook_usdt;
extern const struct hook hook_perf;
/* Programs whose section name is complete, and that libbpf attaches by it. */
extern const struct hook hook_btf_tracepoint;
extern const struct hook hook_function;
extern const struct hook hook_lsm;

/* Never NULL: unknown programs have a hook, too. */
const struct hook *hook_of(const struct bpf_program *program);

/* If libbpf knows no type for the section name, sets the type that the name stands for by
 * convention (tc/ingress). */
void hook_set_type(struct bpf_program *program);

/* Whether `word` is the first word of the section name, up to a slash or a dot: "uprobe.s/..." is a
 * "uprobe". */
bool hook_section_is(const struct bpf_program *program, const char *word);
/* What follows the first slash of the section name; NULL: nothing. */
const char *hook_section_rest(const struct bpf_program *program);
