// SPDX-License-Identifier: Apache-2.0

/* An errno is ambiguous: EPERM is a user without rights, or a kernel without trampolines; EACCES
 * comes from the verifier; ENOENT is a missing tracepoint, or a tracefs that is not mounted. The
 * real reason is looked up where possible; else the message of libbpf or the kernel is passed
 * on. */

#include "source/bpf_error.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "source/hook.h"
#include "source/kernel_symbols.h"
#include "source/libbpf_log.h"
#include "source/object.h"

#define TRACEFS     "/sys/kernel/tracing"
#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

#define TRAMPOLINES                                                                             \
    "BPF trampolines (CONFIG_FUNCTION_TRACER=y and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y, " \
    "and a machine that lets the kernel change its code)"

enum { NOT_SUPPORTED = 524 }; /* ENOTSUPP: internal to the kernel, but returned by some calls */

static const char *said(const struct libbpf_log *log, int code)
{
    return log->warning[0] ? log->warning : strerror(-code);
}

int bpf_error_on_open(int code, const struct libbpf_log *log, struct error *error)
{
    const char *section = strstr(log->warning, "in section '.maps.");

    if (strstr(log->warning, "BTF is required"))
        return error_set(error, -EINVAL,
                         "has no BTF, which describes its maps; compile it with -g, and do not "
                         "strip the sections .BTF and .BTF.ext");
    if (section) {
        section += strlen("in section '");
        return error_set(
            error, -EINVAL,
            "defines its maps in a section \"%.*s\", which libbpf does not read; define "
            "them in the section \".maps\" and compile it again",
            (int)strcspn(section, "'"), section);
    }
    if (strstr(log->warning, "legacy map definitions") || strstr(log->warning, "in section 'maps/"))
        return error_set(
            error, -EINVAL,
            "defines its maps in a section \"maps\", which libbpf 1.0 and later do not "
            "read; define them in the section \".maps\" and compile it again: struct { "
            "__uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 1 << 20); } "
            "events SEC(\".maps\");");
    if (code > -__LIBBPF_ERRNO__START && !log->warning[0])
        return error_set(error, code, "cannot be read: %s", strerror(-code));
    return error_set(error, code > -__LIBBPF_ERRNO__START ? code : -EINVAL, "cannot be read: %s",
                     said(log, -EINVAL));
}

int bpf_error_on_lack(const char *lack, const struct object_program *program, struct error *error)
{
    return error_set(error, -ENOTSUP, "program \"%s\" (%s): this kernel does not have %s",
                     program->name, program->arguments.section, lack);
}

/* The kernel said only that it does not support it. */
static int lack_kind(const struct object_program *program, struct error *error)
{
    return error_set(error, -ENOTSUP,
                     "program \"%s\" (%s): this kernel does not support %s there; it lacks that "
                     "kind of hook, or was built without it",
                     program->name, program->arguments.section, program->hook->what);
}

/* ---- load ------------------------------------------------------------------------------------ */

/* What some words of the verifier mean. */
static const struct hint {
    const char *words;
    const char *meaning;
    bool lacks; /* the kernel does not have something; the program itself is not at fault */
} hints[] = {
    {.words = "CO-RE relocation",
     .meaning = "it reads a kernel type or member that this kernel does not have"},
    {.words = "unknown func",
     .meaning = "it calls a helper function that this kernel does not have",
     .lacks = true},
    {.words = "invalid func",
     .meaning = "it calls a helper function that this kernel does not have",
     .lacks = true},
    {.words = "cannot use helper",
     .meaning = "it calls a helper function that programs of its type may not call",
     .lacks = true},
    {.words = "too large", .meaning = "it is too complex for this kernel's verifier"},
    {.words = "too complex", .meaning = "it is too complex for this kernel's verifier"},
    {.words = "Unreleased reference",
     .meaning = "a record that it reserves is not submitted or discarded on every path"},
    {.words = "GPL",
     .meaning = "the licence is not GPL-compatible, which a helper function that it calls "
                "requires"},
    {0},
};

static const struct hint *hint_of(const char *verifier)
{
    const struct hint *hint = hints;

    while (hint->words && !strstr(verifier, hint->words))
        hint++;
    return hint;
}

/* The line that says why, without its newline. */
static const char *last_line(const struct libbpf_log *log, int *ret_length)
{
    const char *line = log->verifier, *next;

    while ((next = strchr(line, '\n')) && next[1])
        line = next + 1;
    *ret_length = (int)strcspn(line, "\n");
    return line;
}

static int refuse_program(int code, const struct libbpf_log *log,
                          const struct object_program *program, struct error *error)
{
    const struct hint *hint = hint_of(log->verifier);
    const char *meaning = log->reason[0] ? log->reason : hint->meaning;
    int length;
    const char *line = last_line(log, &length);

    code = hint->lacks ? -ENOTSUP : code;
    error_set(error, code, "the kernel's verifier refused program \"%s\" (%s): %.*s%s%s%s",
              program->name, program->arguments.section, length, line, meaning ? " (" : "",
              meaning ? meaning : "", meaning ? ")" : "");
    for (line = log->verifier; *line; line += strcspn(line, "\n") + 1)
        error_append(error, "\n    %.*s", (int)strcspn(line, "\n"), line);
    return code;
}

/* What the program would be attached to is not in the kernel's BTF. */
static int refuse_target(const struct object_program *program, struct error *error)
{
    const char *section = program->arguments.section, *target = hook_section_rest(section);

    if (program->hook == &hook_lsm && target)
        error_set(error, 0, "this kernel has no LSM hook \"%s\"", target);
    else if (program->hook != &hook_function || !target)
        error_set(error, 0, "this kernel has no such hook, or its BTF does not describe it");
    else if (kernel_symbol_require(target, error) == 0)
        error_set(error, 0,
                  "the kernel's BTF does not describe that function; a kprobe may be able to trace "
                  "it");
    error_prefix(error, "program \"%s\" (%s)", program->name, section);
    return -ENOTSUP;
}

static int load_program(int code, const struct libbpf_log *log,
                        const struct object_program *program, struct error *error,
                        bool *ret_refused)
{
    const struct hook *hook = program->hook;

    *ret_refused = true;
    if (log->verifier[0])
        return refuse_program(code, log, program, error);
    if (code == -ESRCH)
        return refuse_target(program, error);
    if ((hook == &hook_function || hook == &hook_lsm) &&
        (code == -EPERM || code == -NOT_SUPPORTED || code == -EOPNOTSUPP || code == -EINVAL))
        return bpf_error_on_lack(TRAMPOLINES, program, error);
    if (code == -NOT_SUPPORTED || code == -EOPNOTSUPP)
        return lack_kind(program, error);
    *ret_refused = false;
    return error_set(error, code == -EPERM ? -EACCES : code,
                     "the kernel refused program \"%s\" (%s): %s", program->name,
                     program->arguments.section, strerror(-code));
}

/* libbpf looks for the kernel's functions before it loads programs, and does not say which of them
 * calls one. NULL: it is about something else. */
static const char *missing_function(const struct libbpf_log *log)
{
    const char *name = strstr(log->warning, "extern (func ksym) '");

    return name && strstr(name, "not found") ? strchr(name, '\'') + 1 : NULL;
}

/* The map that the kernel did not create, up to a parenthesis; NULL: it was not a map. libbpf tries
 * again without BTF, which may work, so the error must be that of the map. */
static const char *refused_map(int code, const struct libbpf_log *log)
{
    static const char lead[] = "Error in bpf_create_map_xattr(";
    const char *name = strstr(log->warning, lead);
    char number[16];

    snprintf(number, sizeof(number), "(%d)", code);
    return name && strstr(name, number) ? name + strlen(lead) : NULL;
}

static int refuse_map(int code, const char *map, struct error *error)
{
    error_set(error, code, "the kernel does not create the map \"%.*s\": %s",
              (int)strcspn(map, ")"), map, strerror(-code));
    if (code == -E2BIG || code == -ENOMEM)
        error_hint(error, "set a smaller size in maps:");
    return code;
}

int bpf_error_on_load(int code, const struct libbpf_log *log, const struct object_program *program,
                      struct error *error, bool *ret_refused)
{
    if (code == -EPERM && !capabilities_allow_bpf())
        return error_set(
            error, -EPERM,
            "this user may not load BPF programs; run as root, or grant CAP_BPF and CAP_PERFMON");
    if (access(VMLINUX_BTF, R_OK) != 0 && !log->verifier[0])
        return error_set(error, -ENOTSUP,
                         "the kernel has no BTF (" VMLINUX_BTF "); it must be built with "
                         "CONFIG_DEBUG_INFO_BTF=y, as most distribution kernels are");
    if (program)
        return load_program(code, log, program, error, ret_refused);
    if (missing_function(log))
        return error_set(error, -ENOTSUP,
                         "this kernel does not have the function %.*s(), which a program of the "
                         "object calls (a kfunc)",
                         (int)strcspn(missing_function(log), "'"), missing_function(log));
    if (refused_map(code, log))
        return refuse_map(code, refused_map(code, log), error);
    return error_set(error, code, "the kernel refused the BPF object: %s", said(log, code));
}

/* ---- attach ---------------------------------------------------------------------------------- */

static bool needs_tracefs(const struct hook *hook)
{
    return hook == &hook_tracepoint || hook == &hook_kprobe || hook == &hook_kprobe_multi;
}

static int attach_program(int code, const struct libbpf_log *log,
                          const struct object_program *program, struct error *error,
                          bool *ret_refused)
{
    const struct hook *hook = program->hook;

    *ret_refused = true;
    if (code == -ENOENT && (hook == &hook_tracepoint || hook == &hook_raw_tracepoint))
        return bpf_error_on_lack("that tracepoint", program, error);
    if ((code == -NOT_SUPPORTED || code == -EOPNOTSUPP) &&
        (hook == &hook_function || hook == &hook_lsm))
        return bpf_error_on_lack(TRAMPOLINES, program, error);
    if (code == -NOT_SUPPORTED || code == -EOPNOTSUPP)
        return lack_kind(program, error);
    *ret_refused = false;
    return error_set(error, code, "program \"%s\" (%s) cannot be attached: %s", program->name,
                     program->arguments.section, said(log, code));
}

int bpf_error_on_attach(int code, const struct libbpf_log *log,
                        const struct object_program *program, struct error *error,
                        bool *ret_refused)
{
    const char *section = program->arguments.section;

    if (error && error->text[0]) {
        *ret_refused = code == -ENOTSUP;
        error_prefix(error, "program \"%s\" (%s)", program->name, section);
        *ret_refused = code == -ENOTSUP;
        return code;
    }
    if (needs_tracefs(program->hook) && access(TRACEFS "/events", F_OK) != 0)
        return errno == EACCES
                   ? error_set(error, -EPERM,
                               "cannot attach %s: " TRACEFS " is not readable for this user; run "
                               "as root, or grant CAP_DAC_READ_SEARCH",
                               section)
                   : error_set(error, -ENOTSUP,
                               "cannot attach %s: tracefs is not mounted; mount -t "
                               "tracefs nodev " TRACEFS,
                               section);
    if ((code == -EPERM || code == -EACCES) && !capabilities_allow_bpf())
        return error_set(error, -EPERM,
                         "cannot attach %s: not permitted; run as root, or grant CAP_PERFMON and "
                         "CAP_DAC_READ_SEARCH",
                         section);
    return attach_program(code, log, program, error, ret_refused);
}
