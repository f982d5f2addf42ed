// SPDX-License-Identifier: Apache-2.0

/* The kernel's BTF lists its functions, and each tracepoint and hook of a security module as a
 * type or a function of a known name. Modules have BTF of their own, which is not searched: where
 * there are any, a tracepoint or function that is not found may be there. */

#include "source/kernel_lacks.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/hook.h"

#define KERNEL_BTF "/sys/kernel/btf"

struct kernel_lacks {
    struct btf *btf;
    const struct btf_type *helpers; /* its enum of them; NULL: unknown */
    bool has_modules;
};

static const char *const helper_names[] = {
#define NAME(name, ...) [BPF_FUNC_##name] = #name
    __BPF_FUNC_MAPPER(NAME)
#undef NAME
};

static bool has_modules(void)
{
    DIR *folder = opendir(KERNEL_BTF);
    struct dirent *entry;
    bool found = false;

    while (folder && !found && (entry = readdir(folder)))
        found = entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0;
    if (folder)
        closedir(folder);
    return found;
}

struct kernel_lacks *kernel_lacks_new(void)
{
    struct kernel_lacks *kernel = calloc(1, sizeof(*kernel));
    int id;

    if (!kernel)
        return NULL;
    kernel->btf = btf__load_vmlinux_btf();
    kernel->has_modules = has_modules();
    id = kernel->btf ? btf__find_by_name_kind(kernel->btf, "bpf_func_id", BTF_KIND_ENUM) : -1;
    kernel->helpers = id > 0 ? btf__type_by_id(kernel->btf, (uint32_t)id) : NULL;
    return kernel;
}

void kernel_lacks_free(struct kernel_lacks *kernel)
{
    if (!kernel)
        return;
    btf__free(kernel->btf);
    free(kernel);
}

static bool has(const struct kernel_lacks *kernel, const char *prefix, const char *name,
                uint32_t kind)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "%s%.*s", prefix, (int)strcspn(name, "+"), name);
    return kernel->has_modules || btf__find_by_name_kind(kernel->btf, whole, kind) > 0;
}

bool kernel_lacks_hook(const struct kernel_lacks *kernel, const struct object_program *program,
                       char text[KERNEL_LACKS_MAX])
{
    const char *target = hook_section_rest(program->arguments.section);
    const char *lack = program->hook->lacks ? program->hook->lacks(&program->arguments) : NULL;

    text[0] = '\0';
    if (lack)
        snprintf(text, KERNEL_LACKS_MAX, "%s", lack);
    else if (!kernel || !kernel->btf || !target)
        return false;
    else if ((program->hook == &hook_btf_tracepoint || program->hook == &hook_raw_tracepoint) &&
             !has(kernel, "btf_trace_", target, BTF_KIND_TYPEDEF))
        snprintf(text, KERNEL_LACKS_MAX, "that tracepoint");
    else if (program->hook == &hook_function && !has(kernel, "", target, BTF_KIND_FUNC))
        snprintf(text, KERNEL_LACKS_MAX, "that function, or its BTF does not describe it");
    else if (program->hook == &hook_lsm && !has(kernel, "bpf_lsm_", target, BTF_KIND_FUNC))
        snprintf(text, KERNEL_LACKS_MAX, "that hook of security modules");
    return *text;
}

bool kernel_lacks_helper(const struct kernel_lacks *kernel, int32_t helper,
                         char text[KERNEL_LACKS_MAX])
{
    const struct btf_type *helpers = kernel ? kernel->helpers : NULL;
    const char *name = helper > 0 && (size_t)helper < sizeof(helper_names) / sizeof(*helper_names)
                           ? helper_names[helper]
                           : NULL;

    for (uint32_t i = 0; helpers && i < btf_vlen(helpers); i++)
        if (btf_enum(helpers)[i].val == helper)
            return false;
    if (helpers && name)
        snprintf(text, KERNEL_LACKS_MAX, "the helper function bpf_%s()", name);
    else if (helpers)
        snprintf(text, KERNEL_LACKS_MAX, "helper function %d", helper);
    return helpers;
}
