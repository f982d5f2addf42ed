// SPDX-License-Identifier: Apache-2.0

/* What a section name leaves open is in the arguments, which take precedence. Places are given to
 * libbpf explicitly: it would take them from the section names in the object. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/attachment.h"

#define TRACEFS "/sys/kernel/tracing"

enum { PATH_BYTES = 4096, WORD_BYTES = 256 };

static int add(struct attachments *attachments, struct bpf_link *link)
{
    return link ? attachments_add_link(attachments, link) : -errno;
}

/* ---- tracepoints ----------------------------------------------------------------------------- */

/* "GROUP/NAME", or "NAME" of a raw one; NULL: unknown. */
static const char *tracepoint_of(const struct hook_arguments *arguments)
{
    return arguments->tracepoint ? arguments->tracepoint : hook_section_rest(arguments->section);
}

static uint32_t miss_tracepoint(const struct hook_arguments *arguments)
{
    return tracepoint_of(arguments) ? 0 : HOOK_TRACEPOINT;
}

/* Checks only a tracepoint that the section names: one from the config does not depend on the
 * kernel version. */
static const char *lacks_tracepoint(const struct hook_arguments *arguments)
{
    const char *rest = hook_section_rest(arguments->section);
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
    LIBBPF_OPTS(bpf_tracepoint_opts, options, .bpf_cookie = (uint64_t)arguments->cookie);
    const char *tracepoint = tracepoint_of(arguments), *slash = strchr(tracepoint, '/');
    char group[WORD_BYTES];

    (void)name;
    if (!slash)
        return error_set(error, -EINVAL,
                         "write the tracepoint as GROUP/NAME, as in sched/sched_switch");
    snprintf(group, sizeof(group), "%.*s", (int)(slash - tracepoint), tracepoint);
    return add(attachments,
               bpf_program__attach_tracepoint_opts(program, group, slash + 1, &options));
}

static int attach_raw_tracepoint(struct bpf_program *program, const char *name,
                                 const struct hook_arguments *arguments,
                                 struct attachments *attachments, struct error *error)
{
    const char *tracepoint = tracepoint_of(arguments), *slash = strrchr(tracepoint, '/');

    (void)name;
    (void)error;
    tracepoint = slash ? slash + 1 : tracepoint; /* raw ones have no group */
    return add(attachments, bpf_program__attach_raw_tracepoint(program, tracepoint));
}

const struct hook hook_tracepoint = {
    .what = "a tracepoint program",
    .keys = HOOK_TRACEPOINT | HOOK_COOKIE,
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

/* ---- sampling -------------------------------------------------------------------------------- */

static uint32_t miss_perf(const struct hook_arguments *arguments)
{
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
    LIBBPF_OPTS(bpf_perf_event_opts, options, .bpf_cookie = (uint64_t)arguments->cookie);
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
        link = bpf_program__attach_perf_event_opts(program, fd, &options);
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
    .keys = HOOK_PERF | HOOK_COOKIE,
    .missing = miss_perf,
    .attach = attach_perf,
};
