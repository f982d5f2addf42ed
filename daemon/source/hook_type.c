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

const char *hook_example(const char *section)
{
    static const struct {
        const char *part, *example;
    } examples[] = {
        {"raw_t", "raw_tp/NAME"},
        {"tracepoint", "tracepoint/GROUP/NAME"},
        {"uretprobe", "uretprobe"},
        {"uprobe", "uprobe"},
        {"kretprobe", "kretprobe/FUNCTION"},
        {"kprobe", "kprobe/FUNCTION"},
        {"fentry", "fentry/FUNCTION"},
        {"fexit", "fexit/FUNCTION"},
        {"fmod_ret", "fmod_ret/FUNCTION"},
        {"tp_btf", "tp_btf/NAME"},
        {"lsm", "lsm/HOOK"},
        {"iter", "iter/task"},
        {"perf", "perf_event"},
        {"xdp", "xdp"},
        {"socket", "socket"},
        {"egress", "tc/egress"},
        {"ingress", "tc/ingress"},
        {"classifier", "tc/ingress"},
        {"cls", "tc/ingress"},
        {"tc", "tc/ingress"},
    };

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        if (strstr(section, examples[i].part))
            return examples[i].example;
    return "tracepoint/GROUP/NAME";
}
