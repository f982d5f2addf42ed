// SPDX-License-Identifier: Apache-2.0

/* Programs at functions of the kernel: by a probe, which is put into the code of the function, or
 * by a trampoline, which calls programs at its entry and return (fentry, fexit, fmod_ret, LSM). The
 * kernel says little about why it refuses one; its symbols tell more. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "source/attachment.h"
#include "source/kernel_symbols.h"
#include "source/raw_link.h"

#define TRACEFS "/sys/kernel/tracing"
#define DEVICES "/sys/bus/event_source/devices"

enum { WORD_BYTES = 256 };

static int add(struct attachments *attachments, struct bpf_link *link)
{
    return link ? attachments_add_link(attachments, link) : -errno;
}

/* ---- what the program was loaded for --------------------------------------------------------- */

static int attach_loaded(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    LIBBPF_OPTS(bpf_trace_opts, options, .cookie = (uint64_t)arguments->cookie);

    (void)name;
    (void)error;
    return add(attachments, bpf_program__attach_trace_opts(program, &options));
}

const struct hook hook_btf_tracepoint = {
    .what = "a BTF tracepoint program",
    .attach = attach_loaded,
};

const struct hook hook_function = {
    .what = "a program at a kernel function (fentry, fexit)",
    .keys = HOOK_COOKIE | HOOK_TARGET,
    .attach = attach_loaded,
};

/* ---- LSM ------------------------------------------------------------------------------------- */

/* A kernel with BPF_LSM compiled in but not enabled attaches such programs and never calls them. */
static const char *lacks_lsm(const struct hook_arguments *arguments)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen("/sys/kernel/security/lsm", "re");
    char modules[WORD_BYTES] = "";
    char *rest = modules;

    (void)arguments;
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
    .keys = HOOK_COOKIE,
    .lacks = lacks_lsm,
    .attach = attach_loaded,
};

/* ---- kernel functions ------------------------------------------------------------------------ */

/* A function, or a pattern of functions, or a system call. */
struct kernel_function {
    char symbol[WORD_BYTES];
    size_t offset;
};

/* Reads "tcp_connect+0x10" of the section name, which the arguments replace. */
static void find_function(const struct hook_arguments *arguments, struct kernel_function *ret)
{
    const char *rest = hook_section_rest(arguments->section);
    const char *plus = rest ? strchr(rest, '+') : NULL;

    if (arguments->symbol || !rest) {
        snprintf(ret->symbol, sizeof(ret->symbol), "%s",
                 arguments->symbol ? arguments->symbol : "");
        ret->offset = (size_t)arguments->offset;
        return;
    }
    snprintf(ret->symbol, sizeof(ret->symbol), "%.*s", (int)strcspn(rest, "+"), rest);
    ret->offset = plus ? strtoul(plus + 1, NULL, 0) : (size_t)arguments->offset;
}

static uint32_t miss_symbol(const struct hook_arguments *arguments)
{
    return hook_section_rest(arguments->section) || arguments->symbol ? 0 : HOOK_SYMBOL;
}

static const char *lacks_kprobes(const struct hook_arguments *arguments)
{
    (void)arguments;
    if (access(DEVICES, F_OK) != 0 || access(DEVICES "/kprobe", F_OK) == 0 ||
        access(TRACEFS "/kprobe_events", F_OK) == 0)
        return NULL;
    return "kprobes (CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y)";
}

static bool is_system_call(const char *section)
{
    return hook_section_is(section, "ksyscall") || hook_section_is(section, "kretsyscall");
}

/* What the kernel means by the error, if that is known here. */
static int explain_kprobe(int code, const struct kernel_function *function, bool is_system_call,
                          struct error *error)
{
    if (code == -ENOENT && is_system_call)
        return error_set(error, -ENOTSUP, "this kernel has no system call \"%s\"",
                         function->symbol);
    if (code == -EILSEQ)
        return error_set(error, -EINVAL, "no instruction of the function \"%s\" begins at byte %zu",
                         function->symbol, function->offset);
    if (code == -EADDRNOTAVAIL)
        return error_set(error, -ENOTSUP,
                         "this kernel has several functions named \"%s\", and a kprobe needs one "
                         "that is the only one of its name",
                         function->symbol);
    if (code != -ENOENT && code != -EINVAL && code != -EOPNOTSUPP)
        return code;
    code = kernel_symbol_require(function->symbol, error);
    if (code < 0)
        return code;
    return error_set(error, -ENOTSUP, "this kernel allows no kprobe at that place of the function");
}

static int attach_kprobe(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    const char *section = arguments->section;
    bool system_call = is_system_call(section);
    LIBBPF_OPTS(bpf_ksyscall_opts, call_options, .bpf_cookie = (uint64_t)arguments->cookie,
                .retprobe = hook_section_is(section, "kretsyscall"));
    LIBBPF_OPTS(bpf_kprobe_opts, options, .bpf_cookie = (uint64_t)arguments->cookie,
                .retprobe = hook_section_is(section, "kretprobe"));
    struct kernel_function function;
    struct bpf_link *link;
    int result;

    (void)name;
    find_function(arguments, &function);
    options.offset = function.offset;
    link = system_call ? bpf_program__attach_ksyscall(program, function.symbol, &call_options)
                       : bpf_program__attach_kprobe_opts(program, function.symbol, &options);
    if (link)
        return attachments_add_link(attachments, link);
    result = -errno;
    if (access(TRACEFS "/events", F_OK) != 0)
        return result; /* the reason may be that */
    return explain_kprobe(result, &function, system_call, error);
}

const struct hook hook_kprobe = {
    .what = "a kprobe program",
    .keys = HOOK_SYMBOL | HOOK_OFFSET | HOOK_COOKIE,
    .missing = miss_symbol,
    .lacks = lacks_kprobes,
    .attach = attach_kprobe,
};

/* ---- many functions -------------------------------------------------------------------------- */

/* By names: the kernel shows addresses only to users with CAP_SYSLOG. The fd of the link, or
 * -errno.
 */
static int attach_to_names(const struct bpf_program *program,
                           const struct kernel_functions *functions,
                           const struct hook_arguments *arguments)
{
    bool at_return = hook_section_is(arguments->section, "kretprobe.multi");
    _cleanup_(cleanup_free) uint64_t *cookies = calloc(functions->count, sizeof(*cookies));
    struct raw_link link = {
        .program = (uint32_t)bpf_program__fd(program),
        .attach_type = (uint32_t)bpf_program__expected_attach_type(program),
        .kprobes =
            {
                .flags = at_return ? RAW_KPROBE_MULTI_RETURN : 0,
                .count = (uint32_t)functions->count,
                .names = (uintptr_t)functions->names,
                .cookies = arguments->cookie ? (uintptr_t)cookies : 0,
            },
    };

    if (!cookies)
        return -ENOMEM;
    for (size_t i = 0; i < functions->count; i++)
        cookies[i] = (uint64_t)arguments->cookie;
    return raw_link_create(&link);
}

static int explain_multi(int code, const struct hook_arguments *arguments, struct error *error)
{
    if (code != -EOPNOTSUPP && code != -EINVAL)
        return code;
    if (hook_section_is(arguments->section, "kprobe.session"))
        return error_set(
            error, -ENOTSUP,
            "this kernel does not have kprobe.session (Linux 6.10 and CONFIG_FPROBE=y)");
    return error_set(error, -ENOTSUP,
                     "this kernel does not have kprobe.multi (Linux 5.18 and CONFIG_FPROBE=y)");
}

static int attach_functions(struct bpf_program *program, const char *name, const char *pattern,
                            bool modules, const struct hook_arguments *arguments,
                            struct attachments *attachments, struct error *error)
{
    _cleanup_(kernel_functions_deinit) struct kernel_functions functions = {0};
    int result = kernel_functions_find(pattern, modules, &functions), fd;

    if (result < 0)
        return result;
    if (functions.count == 0)
        return error_set(error, -ENOTSUP,
                         "no function of this kernel that can be traced fits \"%s\"; " TRACEFS
                         "/available_filter_functions lists them",
                         pattern);
    fd = attach_to_names(program, &functions, arguments);
    if (fd < 0)
        return fd;
    log_about(LOG_LEVEL_INFO, "source", name, "functions of the kernel that it traces: %zu",
              functions.count);
    if (functions.twice > 0)
        log_about(LOG_LEVEL_WARNING, "source", name,
                  "%zu functions are not traced: each has the name of another one that is",
                  functions.twice);
    return attachments_add_fd(attachments, fd);
}

/* Before Linux 6.3 names of modules' functions are unknown to the kernel there. */
static int attach_kprobe_multi(struct bpf_program *program, const char *name,
                               const struct hook_arguments *arguments,
                               struct attachments *attachments, struct error *error)
{
    struct kernel_function function;
    int result;

    find_function(arguments, &function);
    result = attach_functions(program, name, function.symbol, true, arguments, attachments, error);
    if (result == -ESRCH)
        result =
            attach_functions(program, name, function.symbol, false, arguments, attachments, error);
    return result < 0 && !error->text[0] ? explain_multi(result, arguments, error) : result;
}

const struct hook hook_kprobe_multi = {
    .what = "a kprobe program for many functions",
    .keys = HOOK_SYMBOL | HOOK_COOKIE,
    .missing = miss_symbol,
    .lacks = lacks_kprobes,
    .attach = attach_kprobe_multi,
};

bool hook_traces_function(const struct hook *hook, const struct hook_arguments *arguments,
                          char *ret_name, size_t size)
{
    struct kernel_function function;

    if (arguments->target ||
        (hook != &hook_function && (hook != &hook_kprobe || is_system_call(arguments->section))))
        return false;
    find_function(arguments, &function);
    snprintf(ret_name, size, "%s", function.symbol);
    return true;
}
