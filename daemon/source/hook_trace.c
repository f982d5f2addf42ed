// SPDX-License-Identifier: Apache-2.0

/* libbpf attaches programs whose section name is complete. If it is not, or the config says
 * something else, the parts are combined here; the config takes precedence. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/attachment.h"

#define TRACEFS "/sys/kernel/tracing"
#define DEVICES "/sys/bus/event_source/devices"

enum { PATH_BYTES = 4096, WORD_BYTES = 256 };

static int add(struct attachments *attachments, struct bpf_link *link)
{
    return link ? attachments_add_link(attachments, link) : -errno;
}

/* Attaches as the section name says. */
static int attach_plain(struct bpf_program *program, const char *name,
                        const struct hook_arguments *arguments, struct attachments *attachments,
                        struct error *error)
{
    (void)name;
    (void)arguments;
    (void)error;
    return add(attachments, bpf_program__attach(program));
}

/* ---- tracepoints ----------------------------------------------------------------------------- */

static uint32_t miss_tracepoint(const struct bpf_program *program,
                                const struct hook_arguments *arguments)
{
    return hook_section_rest(program) || arguments->tracepoint ? 0 : HOOK_TRACEPOINT;
}

/* Checks only a tracepoint that the section names: one from the config does not depend on the
 * kernel version. */
static const char *lacks_tracepoint(const struct bpf_program *program)
{
    const char *rest = hook_section_rest(program);
    char path[PATH_BYTES];

    if (!rest || access(TRACEFS "/events", F_OK) != 0)
        return NULL; /* unknown here; attaching will tell */
    snprintf(path, sizeof(path), TRACEFS "/events/%s", rest);
    return access(path, F_OK) != 0 && errno == ENOENT ? "that tracepoint" : NULL;
}

static int attach_tracepoint(struct bpf_program *program, const char *name,
                             const struct hook_arguments *arguments,
                             struct attachments *attachments, struct error *error)
{
    const char *slash = arguments->tracepoint ? strchr(arguments->tracepoint, '/') : NULL;
    char group[WORD_BYTES];

    if (!arguments->tracepoint)
        return attach_plain(program, name, arguments, attachments, error);
    if (!slash)
        return error_set(error, -EINVAL,
                         "write the tracepoint as GROUP/NAME, as in sched/sched_switch");
    snprintf(group, sizeof(group), "%.*s", (int)(slash - arguments->tracepoint),
             arguments->tracepoint);
    return add(attachments, bpf_program__attach_tracepoint(program, group, slash + 1));
}

static int attach_raw_tracepoint(struct bpf_program *program, const char *name,
                                 const struct hook_arguments *arguments,
                                 struct attachments *attachments, struct error *error)
{
    if (!arguments->tracepoint)
        return attach_plain(program, name, arguments, attachments, error);
    return add(attachments, bpf_program__attach_raw_tracepoint(program, arguments->tracepoint));
}

const struct hook hook_tracepoint = {
    .what = "a tracepoint program",
    .keys = HOOK_TRACEPOINT,
    .missing = miss_tracepoint,
    .lacks = lacks_tracepoint,
    .attach = attach_tracepoint,
};

const struct hook hook_raw_tracepoint = {
    .what = "a raw tracepoint program",
    .keys = HOOK_TRACEPOINT,
    .missing = miss_tracepoint,
    .attach = attach_raw_tracepoint,
};

const struct hook hook_btf_tracepoint = {
    .what = "a BTF tracepoint program",
    .attach = attach_plain,
};

const struct hook hook_function = {
    .what = "a program at a kernel function (fentry, fexit)",
    .attach = attach_plain,
};

/* ---- LSM ------------------------------------------------------------------------------------- */

/* A kernel with BPF_LSM compiled in but not enabled attaches such programs and never calls them. */
static const char *lacks_lsm(const struct bpf_program *program)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen("/sys/kernel/security/lsm", "re");
    char modules[WORD_BYTES] = "";
    char *rest = modules;

    (void)program;
    if (!file || !fgets(modules, sizeof(modules), file))
        return NULL;
    modules[strcspn(modules, "\n")] = '\0';
    for (char *word; (word = strsep(&rest, ","));)
        if (strcmp(word, "bpf") == 0)
            return NULL;
    return "the security module BPF (CONFIG_BPF_LSM=y, and bpf in the boot parameter lsm=)";
}

const struct hook hook_lsm = {
    .what = "an LSM program",
    .lacks = lacks_lsm,
    .attach = attach_plain,
};

/* ---- kernel functions ------------------------------------------------------------------------ */

static uint32_t miss_symbol(const struct bpf_program *program,
                            const struct hook_arguments *arguments)
{
    return hook_section_rest(program) || arguments->symbol ? 0 : HOOK_SYMBOL;
}

static const char *lacks_kprobes(const struct bpf_program *program)
{
    (void)program;
    if (access(DEVICES, F_OK) != 0 || access(DEVICES "/kprobe", F_OK) == 0 ||
        access(TRACEFS "/kprobe_events", F_OK) == 0)
        return NULL;
    return "kprobes (CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y)";
}

static int attach_kprobe(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    LIBBPF_OPTS(bpf_kprobe_opts, options, .offset = (size_t)arguments->offset,
                .retprobe = hook_section_is(program, "kretprobe"));
    LIBBPF_OPTS(bpf_ksyscall_opts, call, .retprobe = hook_section_is(program, "kretsyscall"));

    if (!arguments->symbol)
        return attach_plain(program, name, arguments, attachments, error);
    if (hook_section_is(program, "ksyscall") || hook_section_is(program, "kretsyscall"))
        return add(attachments, bpf_program__attach_ksyscall(program, arguments->symbol, &call));
    return add(attachments, bpf_program__attach_kprobe_opts(program, arguments->symbol, &options));
}

const struct hook hook_kprobe = {
    .what = "a kprobe program",
    .keys = HOOK_SYMBOL | HOOK_OFFSET,
    .missing = miss_symbol,
    .lacks = lacks_kprobes,
    .attach = attach_kprobe,
};

/* ---- functions of programs ------------------------------------------------------------------- */

/* The place of a uprobe. */
struct probe {
    char binary[PATH_BYTES];
    char symbol[WORD_BYTES];
    uint64_t offset;
    int pid;
};

/* Reads "/usr/bin/bash:readline+0x10" or "libc.so.6:malloc"; also a part of it, "/usr/bin/bash" or
 * "malloc", as objects have it whose own loader knows the rest. A name that is too long is cut;
 * attaching will then not find it. */
static void read_section(const struct bpf_program *program, struct probe *probe)
{
    const char *rest = hook_section_rest(program);
    const char *colon = rest ? strrchr(rest, ':') : NULL;
    const char *symbol = colon ? colon + 1 : rest && *rest != '/' ? rest : "";
    const char *plus = strchr(symbol, '+');

    if (rest && (colon || *rest == '/'))
        snprintf(probe->binary, sizeof(probe->binary), "%.*s",
                 (int)(colon ? colon - rest : (long)strlen(rest)), rest);
    snprintf(probe->symbol, sizeof(probe->symbol), "%.*s", (int)strcspn(symbol, "+"), symbol);
    if (plus)
        probe->offset = strtoull(plus + 1, NULL, 0);
}

static void place_uprobe(const struct bpf_program *program, const struct hook_arguments *arguments,
                         struct probe *ret_probe)
{
    *ret_probe = (struct probe){.pid = arguments->pid > 0 ? (int)arguments->pid : -1};
    read_section(program, ret_probe);
    if (arguments->binary)
        snprintf(ret_probe->binary, sizeof(ret_probe->binary), "%s", arguments->binary);
    else if (!ret_probe->binary[0] && arguments->pid > 0)
        snprintf(ret_probe->binary, sizeof(ret_probe->binary), "/proc/%d/exe", (int)arguments->pid);
    if (arguments->symbol || arguments->offset) {
        snprintf(ret_probe->symbol, sizeof(ret_probe->symbol), "%s",
                 arguments->symbol ? arguments->symbol : "");
        ret_probe->offset = (uint64_t)arguments->offset;
    }
}

static uint32_t miss_uprobe(const struct bpf_program *program,
                            const struct hook_arguments *arguments)
{
    struct probe probe;

    place_uprobe(program, arguments, &probe);
    return (probe.binary[0] ? 0 : HOOK_BINARY | HOOK_PID) |
           (probe.symbol[0] || probe.offset ? 0 : HOOK_SYMBOL | HOOK_OFFSET);
}

static const char *lacks_uprobes(const struct bpf_program *program)
{
    (void)program;
    if (access(DEVICES, F_OK) != 0 || access(DEVICES "/uprobe", F_OK) == 0 ||
        access(TRACEFS "/uprobe_events", F_OK) == 0)
        return NULL;
    return "uprobes (CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y)";
}

static int check_binary(const char *binary, struct error *error)
{
    if (strchr(binary, '/') && access(binary, R_OK) != 0)
        return error_set(error, -errno, "cannot read %s: %s", binary, strerror(errno));
    return 0;
}

static int attach_uprobe(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = hook_section_is(program, "uretprobe"));
    struct bpf_link *link;
    struct probe probe;
    int result;

    (void)name;
    place_uprobe(program, arguments, &probe);
    options.func_name = probe.symbol[0] ? probe.symbol : NULL;
    result = check_binary(probe.binary, error);
    if (result < 0)
        return result;
    link =
        bpf_program__attach_uprobe_opts(program, probe.pid, probe.binary, probe.offset, &options);
    if (!link && errno == ENOENT && options.func_name)
        return error_set(error, -ENOENT,
                         "%s has no function \"%s\"; list them with: nm -D %s (without -D for a "
                         "program that is not stripped)",
                         probe.binary, probe.symbol, probe.binary);
    if (!link && errno == ESRCH && probe.pid > 0)
        return error_set(error, -ESRCH, "process %d does not exist", probe.pid);
    return add(attachments, link);
}

const struct hook hook_uprobe = {
    .what = "a uprobe program",
    .keys = HOOK_BINARY | HOOK_SYMBOL | HOOK_OFFSET | HOOK_PID,
    .missing = miss_uprobe,
    .lacks = lacks_uprobes,
    .attach = attach_uprobe,
};

/* ---- USDT ------------------------------------------------------------------------------------ */

struct marker {
    char binary[PATH_BYTES];
    char provider[WORD_BYTES];
    char name[WORD_BYTES];
};

/* Splits "PROVIDER:NAME". */
static void read_marker(const char *text, struct marker *marker)
{
    const char *colon = strchr(text, ':');

    if (!colon)
        return;
    snprintf(marker->provider, sizeof(marker->provider), "%.*s", (int)(colon - text), text);
    snprintf(marker->name, sizeof(marker->name), "%s", colon + 1);
}

static void place_usdt(const struct bpf_program *program, const struct hook_arguments *arguments,
                       struct marker *ret_marker)
{
    const char *rest = hook_section_rest(program); /* "BINARY:PROVIDER:NAME" */
    const char *colon = rest ? strchr(rest, ':') : NULL;

    *ret_marker = (struct marker){0};
    if (colon) {
        snprintf(ret_marker->binary, sizeof(ret_marker->binary), "%.*s", (int)(colon - rest), rest);
        read_marker(colon + 1, ret_marker);
    }
    if (arguments->binary)
        snprintf(ret_marker->binary, sizeof(ret_marker->binary), "%s", arguments->binary);
    else if (!colon && arguments->pid > 0)
        snprintf(ret_marker->binary, sizeof(ret_marker->binary), "/proc/%d/exe",
                 (int)arguments->pid);
    if (arguments->usdt)
        read_marker(arguments->usdt, ret_marker);
}

static uint32_t miss_usdt(const struct bpf_program *program, const struct hook_arguments *arguments)
{
    struct marker marker;

    place_usdt(program, arguments, &marker);
    return (marker.binary[0] ? 0 : HOOK_BINARY | HOOK_PID) |
           (marker.provider[0] && marker.name[0] ? 0 : HOOK_USDT);
}

static int attach_usdt(struct bpf_program *program, const char *name,
                       const struct hook_arguments *arguments, struct attachments *attachments,
                       struct error *error)
{
    struct bpf_link *link;
    struct marker marker;
    int result;

    (void)name;
    place_usdt(program, arguments, &marker);
    result = check_binary(marker.binary, error);
    if (result < 0)
        return result;
    link = bpf_program__attach_usdt(program, arguments->pid > 0 ? (int)arguments->pid : -1,
                                    marker.binary, marker.provider, marker.name, NULL);
    if (!link && errno == ENOENT)
        return error_set(error, -ENOENT,
                         "%s has no USDT probe %s:%s; list its probes with: readelf -n %s",
                         marker.binary, marker.provider, marker.name, marker.binary);
    return add(attachments, link);
}

const struct hook hook_usdt = {
    .what = "a USDT program",
    .unkeepable = "libbpf does not give access to the links of its probe",
    .keys = HOOK_BINARY | HOOK_USDT | HOOK_PID,
    .missing = miss_usdt,
    .lacks = lacks_uprobes,
    .attach = attach_usdt,
};

/* ---- sampling -------------------------------------------------------------------------------- */

static uint32_t miss_perf(const struct bpf_program *program, const struct hook_arguments *arguments)
{
    (void)program;
    return arguments->perf > 0 ? 0 : HOOK_PERF;
}

static int explain_perf(int code, int64_t frequency, struct error *error)
{
    if (code == -EINVAL)
        return error_set(error, code,
                         "the kernel refuses %lld samples per second; its limit is in "
                         "/proc/sys/kernel/perf_event_max_sample_rate",
                         (long long)frequency);
    return error_set(error, code, "cannot open the sampling clock of a CPU: %s", strerror(-code));
}

/* Uses the software clock, which every machine has, also virtual ones. */
static int attach_perf(struct bpf_program *program, const char *name,
                       const struct hook_arguments *arguments, struct attachments *attachments,
                       struct error *error)
{
    struct perf_event_attr clock = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(clock),
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_freq = (uint64_t)arguments->perf,
        .freq = 1,
    };
    int cpus = libbpf_num_possible_cpus();

    (void)name;
    for (int cpu = 0; cpu < cpus; cpu++) {
        int fd = (int)syscall(SYS_perf_event_open, &clock, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
        struct bpf_link *link;
        int result;

        if (fd < 0 && errno == ENODEV)
            continue; /* this CPU is off */
        if (fd < 0)
            return explain_perf(-errno, arguments->perf, error);
        link = bpf_program__attach_perf_event(program, fd);
        if (!link) {
            result = -errno;
            close(fd);
            return result;
        }
        result = attachments_add_link(attachments, link);
        if (result < 0)
            return result;
    }
    return 0;
}

const struct hook hook_perf = {
    .what = "a perf event program",
    .keys = HOOK_PERF,
    .missing = miss_perf,
    .attach = attach_perf,
};
