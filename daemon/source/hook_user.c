// SPDX-License-Identifier: Apache-2.0

/* Functions and markers of programs and libraries. The section name may have all of the place, a
 * part of it, or nothing; the arguments take precedence. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/attachment.h"
#include "source/elf_functions.h"
#include "source/libbpf_log.h"
#include "source/raw_link.h"

#define TRACEFS "/sys/kernel/tracing"
#define DEVICES "/sys/bus/event_source/devices"

enum { PATH_BYTES = 4096, WORD_BYTES = 256 };

static int add(struct attachments *attachments, struct bpf_link *link)
{
    return link ? attachments_add_link(attachments, link) : -errno;
}

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
static void read_section(const char *section, struct probe *probe)
{
    const char *rest = hook_section_rest(section);
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

static void place_uprobe(const struct hook_arguments *arguments, struct probe *ret_probe)
{
    *ret_probe = (struct probe){.pid = arguments->pid > 0 ? (int)arguments->pid : -1};
    read_section(arguments->section, ret_probe);
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

static uint32_t miss_uprobe(const struct hook_arguments *arguments)
{
    struct probe probe;

    place_uprobe(arguments, &probe);
    return (probe.binary[0] ? 0 : HOOK_BINARY | HOOK_PID) |
           (probe.symbol[0] || probe.offset ? 0 : HOOK_SYMBOL | HOOK_OFFSET);
}

static const char *lacks_uprobes(const struct hook_arguments *arguments)
{
    (void)arguments;
    if (access(DEVICES, F_OK) != 0 || access(DEVICES "/uprobe", F_OK) == 0 ||
        access(TRACEFS "/uprobe_events", F_OK) == 0)
        return NULL;
    return "uprobes (CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y)";
}

static void advise_binary(struct error *error)
{
    error_hint(error, "set binary: to the program or library to trace");
}

/* Replaces the name of a program or library by its path. */
static int locate_binary(char binary[PATH_BYTES], struct error *error)
{
    char path[PATH_BYTES] = "";
    int result = elf_functions_locate(binary, path, sizeof(path), error);

    if (result < 0)
        return result;
    if (access(path, R_OK) != 0) {
        result = error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
        advise_binary(error);
        return result;
    }
    memcpy(binary, path, sizeof(path));
    return 0;
}

static int attach_uprobe(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = (uint64_t)arguments->cookie,
                .retprobe = hook_section_is(arguments->section, "uretprobe"));
    struct bpf_link *link;
    struct probe probe;
    int result;

    (void)name;
    place_uprobe(arguments, &probe);
    options.func_name = probe.symbol[0] ? probe.symbol : NULL;
    result = locate_binary(probe.binary, error);
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
    .keys = HOOK_BINARY | HOOK_SYMBOL | HOOK_OFFSET | HOOK_PID | HOOK_COOKIE,
    .missing = miss_uprobe,
    .lacks = lacks_uprobes,
    .attach = attach_uprobe,
};

/* ---- many functions -------------------------------------------------------------------------- */

static int explain_multi(int code, struct error *error)
{
    if (code != -EINVAL && code != -EOPNOTSUPP)
        return code;
    return error_set(error, -ENOTSUP,
                     "this kernel cannot attach a program to many functions of a binary at once; "
                     "Linux 6.6 and later can (uprobe.session: 6.13)");
}

static int attach_functions(struct bpf_program *program, const struct hook_arguments *arguments,
                            const char *path, const uint64_t *offsets, uint32_t count)
{
    _cleanup_(cleanup_free) uint64_t *cookies = NULL;
    struct raw_link link = {
        .program = (uint32_t)bpf_program__fd(program),
        .attach_type = (uint32_t)bpf_program__expected_attach_type(program),
        .uprobes =
            {
                .path = (uintptr_t)path,
                .offsets = (uintptr_t)offsets,
                .count = count,
                .flags = hook_section_is(arguments->section, "uretprobe.multi")
                             ? RAW_UPROBE_MULTI_RETURN
                             : 0,
                .pid = (uint32_t)arguments->pid,
            },
    };

    if (arguments->cookie) {
        cookies = calloc(count, sizeof(*cookies));
        if (!cookies)
            return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
            cookies[i] = (uint64_t)arguments->cookie;
        link.uprobes.cookies = (uintptr_t)cookies;
    }
    return raw_link_create(&link);
}

static int attach_uprobe_multi(struct bpf_program *program, const char *name,
                               const struct hook_arguments *arguments,
                               struct attachments *attachments, struct error *error)
{
    _cleanup_(cleanup_free) uint64_t *offsets = NULL;
    struct probe probe;
    uint32_t count;
    int result, fd;

    (void)name;
    place_uprobe(arguments, &probe);
    result = locate_binary(probe.binary, error);
    if (result == 0)
        result = elf_functions_find(probe.binary, probe.symbol, error, &offsets, &count);
    if (result < 0)
        return result;
    fd = attach_functions(program, arguments, probe.binary, offsets, count);
    if (fd == -ESRCH && probe.pid > 0)
        return error_set(error, -ESRCH, "process %d does not exist", probe.pid);
    return fd < 0 ? explain_multi(fd, error) : attachments_add_fd(attachments, fd);
}

/* Many functions cannot be told by one offset. */
static uint32_t miss_functions(const struct hook_arguments *arguments)
{
    return miss_uprobe(arguments) & ~HOOK_OFFSET;
}

const struct hook hook_uprobe_multi = {
    .what = "a uprobe program for many functions",
    .keys = HOOK_BINARY | HOOK_SYMBOL | HOOK_PID | HOOK_COOKIE,
    .missing = miss_functions,
    .lacks = lacks_uprobes,
    .attach = attach_uprobe_multi,
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

static void place_usdt(const struct hook_arguments *arguments, struct marker *ret_marker)
{
    const char *rest = hook_section_rest(arguments->section); /* "BINARY:PROVIDER:NAME" */
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

static uint32_t miss_usdt(const struct hook_arguments *arguments)
{
    struct marker marker;

    place_usdt(arguments, &marker);
    return (marker.binary[0] ? 0 : HOOK_BINARY | HOOK_PID) |
           (marker.provider[0] && marker.name[0] ? 0 : HOOK_USDT);
}

static int explain_usdt(int code, const struct libbpf_log *log, const struct marker *marker,
                        struct error *error)
{
    if (strstr(log->warning, "unrecognized"))
        return error_set(error, -ENOTSUP,
                         "libbpf 1.1, with which ringmill is made, cannot find an argument of the "
                         "probe; libbpf 1.7 and later know more places (%s)",
                         log->warning);
    if (code == -ENOENT)
        return error_set(error, code,
                         "%s has no USDT probe %s:%s; list its probes with: readelf -n %s",
                         marker->binary, marker->provider, marker->name, marker->binary);
    return log->warning[0] ? error_set(error, code, "%s", log->warning) : code;
}

static int attach_usdt(struct bpf_program *program, const char *name,
                       const struct hook_arguments *arguments, struct attachments *attachments,
                       struct error *error)
{
    LIBBPF_OPTS(bpf_usdt_opts, options, .usdt_cookie = (uint64_t)arguments->cookie);
    struct bpf_link *link;
    struct libbpf_log log;
    struct marker marker;
    int result;

    (void)name;
    place_usdt(arguments, &marker);
    result = locate_binary(marker.binary, error);
    if (result < 0)
        return result;
    libbpf_log_begin(&log);
    link = bpf_program__attach_usdt(program, arguments->pid > 0 ? (int)arguments->pid : -1,
                                    marker.binary, marker.provider, marker.name, &options);
    result = link ? 0 : -errno;
    libbpf_log_end(&log);
    return link ? attachments_add_link(attachments, link)
                : explain_usdt(result, &log, &marker, error);
}

const struct hook hook_usdt = {
    .what = "a USDT program",
    .unkeepable = "libbpf does not give access to the links of its probe",
    .keys = HOOK_BINARY | HOOK_USDT | HOOK_PID | HOOK_COOKIE,
    .missing = miss_usdt,
    .lacks = lacks_uprobes,
    .attach = attach_usdt,
};
