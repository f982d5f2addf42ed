// SPDX-License-Identifier: Apache-2.0

/* Which type a program has is not in an object: it follows from the section name. libbpf knows the
 * names of its own version; those of later versions, and some of other loaders, are here. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "source/libbpf_log.h"
#include "source/raw_link.h"

/* Names that libbpf 1.1 does not know. More after the word, as in "tc/ingress", does not matter.
 * Actions are loaded as classifiers: the kernel attaches only these without more configuration, and
 * gives both the same packets. */
static const struct section_type {
    const char *word;
    uint32_t type;
    uint32_t attach_type;
} section_types[] = {
    {"tc", BPF_PROG_TYPE_SCHED_CLS, 0},
    {"tcx", BPF_PROG_TYPE_SCHED_CLS, 0},
    {"classifier", BPF_PROG_TYPE_SCHED_CLS, 0},
    {"action", BPF_PROG_TYPE_SCHED_CLS, 0},
    {"socket", BPF_PROG_TYPE_SOCKET_FILTER, 0},
    {"netfilter", RAW_PROGRAM_NETFILTER, RAW_NETFILTER},
    {"uprobe.multi", BPF_PROG_TYPE_KPROBE, RAW_UPROBE_MULTI},
    {"uretprobe.multi", BPF_PROG_TYPE_KPROBE, RAW_UPROBE_MULTI},
    {"uprobe.session", BPF_PROG_TYPE_KPROBE, RAW_UPROBE_SESSION},
    {"kprobe.session", BPF_PROG_TYPE_KPROBE, RAW_KPROBE_SESSION},
    {"usdt", BPF_PROG_TYPE_KPROBE, 0},
    {0},
};

/* "uprobe.s/..." runs with page faults allowed. */
static bool is_sleepable(const char *section)
{
    size_t length = strcspn(section, "/");

    return length > 2 && strncmp(section + length - 2, ".s", 2) == 0;
}

int hook_set_type(struct bpf_program *program, const char *section)
{
    const struct section_type *own = section_types;
    enum bpf_attach_type attach_type;
    enum bpf_prog_type type;
    struct libbpf_log log;
    int result;

    while (own->word && !hook_section_is(section, own->word))
        own++;
    if (own->word) {
        type = (enum bpf_prog_type)own->type;
        attach_type = (enum bpf_attach_type)own->attach_type;
    } else {
        libbpf_log_begin(&log);
        result = libbpf_prog_type_by_name(section, &type, &attach_type);
        libbpf_log_end(&log);
        if (result < 0)
            return -ESRCH;
    }
    bpf_program__set_type(program, type);
    bpf_program__set_expected_attach_type(program, attach_type);
    if (is_sleepable(section))
        bpf_program__set_flags(program, bpf_program__flags(program) | BPF_F_SLEEPABLE);
    return 0;
}

int hook_set_target(struct bpf_program *program, const char *section)
{
    enum bpf_prog_type type = bpf_program__type(program);
    const char *target = hook_section_rest(section);

    if (!target || (type != BPF_PROG_TYPE_TRACING && type != BPF_PROG_TYPE_LSM))
        return 0;
    return bpf_program__set_attach_target(program, 0, target);
}

/* By a part of the section name, or by the struct that the program gets; NULL: any. */
static const struct example {
    const char *part;
    const char *context;
    const char *section;
} examples[] = {
    {"raw_t", NULL, "raw_tp/NAME"},
    {"tracepoint", NULL, "tracepoint/GROUP/NAME"},
    {"uretprobe", NULL, "uretprobe"},
    {"uprobe", NULL, "uprobe"},
    {"kretprobe", NULL, "kretprobe/FUNCTION"},
    {"kprobe", NULL, "kprobe/FUNCTION"},
    {"fentry", NULL, "fentry/FUNCTION"},
    {"fexit", NULL, "fexit/FUNCTION"},
    {"fmod_ret", NULL, "fmod_ret/FUNCTION"},
    {"tp_btf", NULL, "tp_btf/NAME"},
    {"lsm", NULL, "lsm/HOOK"},
    {"iter", NULL, "iter/task"},
    {"perf", NULL, "perf_event"},
    {NULL, "xdp_md", "xdp"},
    {NULL, "bpf_sock_addr", "cgroup/connect4"},
    {NULL, "bpf_sock_ops", "sockops"},
    {NULL, "bpf_sock", "cgroup/sock_create"},
    {NULL, "bpf_perf_event_data", "perf_event"},
    {NULL, "bpf_raw_tracepoint_args", "raw_tp/NAME"},
    {NULL, "pt_regs", "kprobe/FUNCTION"},
    {"cgroup", "__sk_buff", "cgroup_skb/ingress"},
    {"xdp", NULL, "xdp"},
    {"socket", NULL, "socket"},
    {"egress", NULL, "tc/egress"},
    {"ingress", NULL, "tc/ingress"},
    {"classifier", NULL, "tc/ingress"},
    {"cls", NULL, "tc/ingress"},
    {"tc", NULL, "tc/ingress"},
    {NULL, "__sk_buff", "tc/ingress"},
};

const char *hook_guess(const char *section, const char *context)
{
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *example = &examples[i];

        if ((!example->part || strstr(section, example->part)) &&
            (!example->context || (context && strcmp(context, example->context) == 0)))
            return example->section;
    }
    return NULL;
}

const char *hook_example(const char *section)
{
    const char *guess = hook_guess(section, NULL);

    return guess ? guess : HOOK_ANY_EXAMPLE;
}
