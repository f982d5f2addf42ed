// SPDX-License-Identifier: Apache-2.0

/* The type of a program determines its hook, and if one type serves several hooks, the first word
 * of the section name decides. Programs that are not attached to a hook (called by another program,
 * run by hand, put into a socket) are refused with the reason, since they would never write a
 * record. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "source/raw_link.h"

static const struct setting_choice directions[] = {
    {"ingress", BPF_TC_INGRESS},
    {"egress", BPF_TC_EGRESS},
    {0},
};

const struct setting hook_settings[] = {
    {
        .name = "interface",
        .type = SETTING_NAMES,
        .offset = offsetof(struct hook_arguments, interface),
        .minimum = 1,
        .maximum = 64,
        .doc = "network interface, or a list of them",
    },
    {
        .name = "direction",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct hook_arguments, direction),
        .choices = directions,
        .doc = "direction of the packets: ingress or egress, if the section name does not say it",
    },
    {
        .name = "cgroup",
        .type = SETTING_PATH,
        .offset = offsetof(struct hook_arguments, cgroup),
        .doc = "folder of the cgroup (version 2)",
    },
    {
        .name = "binary",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, binary),
        .doc = "program or library to trace",
    },
    {
        .name = "symbol",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, symbol),
        .doc = "function to trace",
    },
    {
        .name = "offset",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct hook_arguments, offset),
        .minimum = 1,
        .maximum = INT64_MAX,
        .doc =
            "offset in bytes from the start of the function, or of the file if there is no symbol",
    },
    {
        .name = "pid",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct hook_arguments, pid),
        .minimum = 1,
        .maximum = 1 << 22,
        .doc = "trace only this process (PID)",
    },
    {
        .name = "usdt",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, usdt),
        .doc = "USDT probe, PROVIDER:NAME",
    },
    {
        .name = "perf",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct hook_arguments, perf),
        .minimum = 1,
        .maximum = 1000000,
        .doc = "samples per second on each CPU",
    },
    {
        .name = "tracepoint",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, tracepoint),
        .doc = "tracepoint, GROUP/NAME (raw tracepoints: NAME)",
    },
    {
        .name = "section",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, section),
        .doc = "attach the program as one of this section name, such as tc/ingress",
    },
    {
        .name = "cookie",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct hook_arguments, cookie),
        .minimum = 1,
        .maximum = INT64_MAX,
        .doc = "number that the program gets from bpf_get_attach_cookie()",
    },
    {
        .name = "every",
        .type = SETTING_DURATION,
        .offset = offsetof(struct hook_arguments, every),
        .minimum = 1000 * 1000,
        .maximum = INT64_C(24) * 3600 * 1000 * 1000 * 1000,
        .doc = "how often an iterator is run (default: 10s)",
    },
    {
        .name = "elements",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, elements),
        .doc = "map of the object, whose elements an iterator gets",
    },
    {
        .name = "netfilter",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, netfilter),
        .doc = "netfilter hook, FAMILY/HOOK as in ipv4/input, or FAMILY/HOOK/PRIORITY",
    },
    {
        .name = "target",
        .type = SETTING_NAME,
        .offset = offsetof(struct hook_arguments, target),
        .doc = "BPF program whose function is replaced or traced: a pinned path, or id:N",
    },
    {0},
};

_Static_assert(sizeof(hook_settings) / sizeof(hook_settings[0]) == HOOK_KEYS + 1,
               "a bit of enum hook_key for each row");

bool hook_section_is(const char *section, const char *word)
{
    size_t length = strlen(word);

    return strncmp(section, word, length) == 0 && strchr("/.", section[length]);
}

const char *hook_section_rest(const char *section)
{
    const char *slash = strchr(section, '/');

    return slash && slash[1] ? slash + 1 : NULL;
}

/* ---- programs without a hook ----------------------------------------------------------------- */

#define NEVER(id, called, why) \
    static const struct hook hook_##id = {.what = (called), .never = (why)}

const struct hook hook_unknown = {
    .what = "a program of unknown type",
    .never = "its section name does not tell where it is to be attached",
};

const struct hook hook_targetless = {
    .what = "a program without a target",
    .never = "its section name does not name the function",
};

NEVER(syscall, "a program of type syscall", "it runs only when called by BPF_PROG_RUN");
NEVER(struct_ops, "a struct_ops program",
      "it replaces a part of the kernel, which ringmill leaves alone");
NEVER(sockmap, "a program of a socket map",
      "it runs for sockets that its own user space puts there");
NEVER(reuseport, "a reuseport program", "it belongs to a group of sockets of its own user space");
NEVER(lookup, "a socket lookup program",
      "it chooses among the listening sockets that its own user space gives it");
NEVER(redirect, "an XDP program of a devmap or cpumap", "it belongs to an entry of a map");
NEVER(other, "a program of another type", "ringmill cannot attach programs of its type");

static const struct hook *kprobe_hook(const char *section)
{
    if (hook_section_is(section, "uprobe.multi") || hook_section_is(section, "uretprobe.multi") ||
        hook_section_is(section, "uprobe.session"))
        return &hook_uprobe_multi;
    if (hook_section_is(section, "uprobe") || hook_section_is(section, "uretprobe"))
        return &hook_uprobe;
    if (hook_section_is(section, "kprobe.multi") || hook_section_is(section, "kretprobe.multi") ||
        hook_section_is(section, "kprobe.session"))
        return &hook_kprobe_multi;
    return hook_section_is(section, "usdt") ? &hook_usdt : &hook_kprobe;
}

static const struct hook *tracing_hook(const struct bpf_program *program, const char *section)
{
    switch (bpf_program__expected_attach_type(program)) {
    case BPF_TRACE_ITER:
        return hook_section_rest(section) ? &hook_iterator : &hook_targetless;
    case BPF_TRACE_RAW_TP:
        return hook_section_rest(section) ? &hook_btf_tracepoint : &hook_targetless;
    default:
        return hook_section_rest(section) ? &hook_function : &hook_targetless;
    }
}

static const struct hook *xdp_hook(const struct bpf_program *program)
{
    enum bpf_attach_type type = bpf_program__expected_attach_type(program);

    return type == BPF_XDP_DEVMAP || type == BPF_XDP_CPUMAP ? &hook_redirect : &hook_xdp;
}

static const struct hook *lsm_hook(const struct bpf_program *program, const char *section)
{
    if (!hook_section_rest(section))
        return &hook_targetless;
    return bpf_program__expected_attach_type(program) == BPF_LSM_CGROUP ? &hook_cgroup : &hook_lsm;
}

const struct hook *hook_of(const struct bpf_program *program, const char *section)
{
    switch ((uint32_t)bpf_program__type(program)) {
    case BPF_PROG_TYPE_TRACEPOINT:
        return &hook_tracepoint;
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
        return &hook_raw_tracepoint;
    case BPF_PROG_TYPE_TRACING:
        return tracing_hook(program, section);
    case BPF_PROG_TYPE_KPROBE:
        return kprobe_hook(section);
    case BPF_PROG_TYPE_LSM:
        return lsm_hook(program, section);
    case BPF_PROG_TYPE_PERF_EVENT:
        return &hook_perf;
    case BPF_PROG_TYPE_XDP:
        return xdp_hook(program);
    case BPF_PROG_TYPE_SCHED_CLS:
        return hook_section_is(section, "tcx") ? &hook_tcx : &hook_tc;
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_SOCK_OPS:
        return &hook_cgroup;
    case BPF_PROG_TYPE_STRUCT_OPS:
        return &hook_struct_ops;
    case BPF_PROG_TYPE_EXT:
        return hook_section_rest(section) ? &hook_extension : &hook_targetless;
    case BPF_PROG_TYPE_SYSCALL:
        return &hook_syscall;
    case BPF_PROG_TYPE_SK_SKB:
    case BPF_PROG_TYPE_SK_MSG:
        return &hook_sockmap;
    case BPF_PROG_TYPE_SK_REUSEPORT:
        return &hook_reuseport;
    case BPF_PROG_TYPE_SK_LOOKUP:
        return &hook_lookup;
    case BPF_PROG_TYPE_SOCKET_FILTER:
        return &hook_socket;
    case RAW_PROGRAM_NETFILTER:
        return &hook_netfilter;
    case BPF_PROG_TYPE_UNSPEC:
        return &hook_unknown;
    default:
        return &hook_other;
    }
}
