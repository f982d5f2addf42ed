// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A hook is the kind of place where a BPF program is attached: an interface, a function, a timer.
 * Which one it is follows from the program's type and section name. Most programs say all that is
 * needed there; the others take arguments from the config, which can also give another section
 * name. */

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
    HOOK_SECTION = 1024,
    HOOK_COOKIE = 2048,
    HOOK_EVERY = 4096,
    HOOK_ELEMENTS = 8192,
    HOOK_NETFILTER = 16384,
    HOOK_TARGET = 32768,
    HOOK_KEYS = 16, /* how many */
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
    const char *section;   /* the name of the program's section, or what the config has instead */
    int64_t cookie;        /* what bpf_get_attach_cookie() returns; 0: none */
    uint64_t every;        /* ns between the runs of an iterator */
    const char *elements;  /* a map of the object, whose elements an iterator gets */
    int elements_fd;       /* of that map, once the object is loaded */
    const char *netfilter; /* FAMILY/HOOK, or FAMILY/HOOK/PRIORITY */
    const char *target;    /* the BPF program with the function: a pinned path, or id:N */
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
    uint32_t (*missing)(const struct hook_arguments *arguments);
    /* What the kernel does not have for it, as in "kprobes (CONFIG_KPROBES)"; returns NULL if
     * nothing is known to be missing. NULL: nothing to check. */
    const char *(*lacks)(const struct hook_arguments *arguments);
    /* Attaches a loaded program and adds to attachments. The place of TC filters is derived from
     * name, so it is the same at each start. 0, or -errno and a sentence if it knows one (else ""
     * stays); -ENOTSUP with a sentence: the kernel does not have it. */
    int (*attach)(struct bpf_program *program, const char *name,
                  const struct hook_arguments *arguments, struct attachments *attachments,
                  struct error *error);
};

/* Of the network (hook_network.c, hook_packet.c): interfaces are those of the network namespace of
 * this process. */
extern const struct hook hook_xdp;
extern const struct hook hook_tc;
extern const struct hook hook_tcx;
extern const struct hook hook_socket;
extern const struct hook hook_netfilter;
extern const struct hook hook_cgroup;

/* In the kernel (hook_trace.c). */
extern const struct hook hook_tracepoint;
extern const struct hook hook_raw_tracepoint;
extern const struct hook hook_perf;

/* At functions of the kernel (hook_kernel.c). */
extern const struct hook hook_kprobe;
extern const struct hook hook_kprobe_multi;
/* Programs that were loaded for one place. */
extern const struct hook hook_btf_tracepoint;
extern const struct hook hook_function;
extern const struct hook hook_extension;
extern const struct hook hook_lsm;

extern const struct hook hook_iterator; /* hook_iterator.c */

/* In programs and libraries (hook_user.c). */
extern const struct hook hook_uprobe;
extern const struct hook hook_uprobe_multi;
extern const struct hook hook_usdt;

/* The hook of a program, by its type and that section name. Never NULL: unknown programs have a
 * hook, too. */
const struct hook *hook_of(const struct bpf_program *program, const char *section);

extern const struct hook hook_unknown;
extern const struct hook hook_targetless;

/* The section name that one which stands for no type, or names no target, seems to mean: by its
 * words, and by the name of the struct that the program gets (context; NULL: unknown). Words in
 * capitals are to be replaced. NULL: nothing is known. */
const char *hook_guess(const char *section, const char *context);
#define HOOK_ANY_EXAMPLE "tracepoint/GROUP/NAME"
/* The section name that another one seems to mean by its words, or HOOK_ANY_EXAMPLE. */
const char *hook_example(const char *section);

/* Sets the type that a section name stands for. Those of newer versions of libbpf, and names used
 * by convention (tc/ingress), are known, too. -ESRCH: it stands for none. */
int hook_set_type(struct bpf_program *program, const char *section);
/* For a program whose section name in the object is another one: also sets the kernel function that
 * this section names, for the types that are loaded for one. 0, or -errno. */
int hook_set_target(struct bpf_program *program, const char *section);

/* Whether `word` is the first word of a section name, up to a slash or a dot: "uprobe.s/..." is a
 * "uprobe". */
bool hook_section_is(const char *section, const char *word);
/* The index of the interface of that name; -ENODEV and a sentence that names similar ones. */
int hook_find_interface(const char *name, struct error *error, int *ret_index);
/* What follows the first slash of the section name; NULL: nothing. */
const char *hook_section_rest(const char *section);
/* Lets a program that is about to be loaded trace or replace the function that its section names,
 * of the BPF program that the arguments name. ret_fd: of that program, the caller's, to be kept
 * until the program is attached. 0, or -errno and a sentence. */
int hook_open_target(struct bpf_program *program, const struct hook_arguments *arguments,
                     struct error *error, int *ret_fd);
/* Whether a program is attached to one function of the kernel by its name; sets that name. */
bool hook_traces_function(const struct hook *hook, const struct hook_arguments *arguments,
                          char *ret_name, size_t size);
