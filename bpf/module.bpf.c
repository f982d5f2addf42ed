// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per kernel module that is loaded or unloaded, and per attempt that failed. A load is
 * reported when the module is in memory, before its own init function runs. If that fails, a record
 * of the unload and one with the error follow. The kernel has the module's file only in
 * finit_module(2), as a descriptor of the caller. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_file.bpf.h"
#include "core_system.bpf.h"
#include "path.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

/* Sizes of texts: powers of two, with a NUL. */
enum { NAME_SIZE = 64, VERSION_SIZE = 64, PARAMETERS_SIZE = 1024 };

/* The numbers of system calls, and of those of 32-bit programs. */
#if defined(__TARGET_ARCH_x86)
enum { FINIT_MODULE = 313, FINIT_MODULE_COMPAT = 350, INIT_MODULE = 175 };
#else
enum { FINIT_MODULE = 273, FINIT_MODULE_COMPAT = 379, INIT_MODULE = 105 };
#endif

enum { INIT_MODULE_COMPAT = 128 };

enum module_action {
    MODULE_LOAD,
    MODULE_UNLOAD,
};

/* The kernel's flags that are of a module. */
enum module_taints {
    TAINT_PROPRIETARY_MODULE = 1 << 0,
    TAINT_FORCED_MODULE = 1 << 1,
    TAINT_CRAP = 1 << 10, /* of the staging drivers */
    TAINT_OOT_MODULE = 1 << 12,
    TAINT_UNSIGNED_MODULE = 1 << 13,
    TAINT_LIVEPATCH = 1 << 15,
    TAINT_TEST = 1 << 18,
};

struct module_event {
    __u64 ktime;
    struct process_fields; /* who loads or unloads it */
    enum module_action action;
    errno_t error; /* errno, or 0 */
    _Bool known;   /* the kernel's data of the module is known: without an error */
    _Bool path_truncated;
    enum module_taints taints;
    __u32 size; /* bytes in memory, without what is freed after the load */
    struct ringmill_text name;
    struct ringmill_text version;
    struct ringmill_text parameters;
    struct ringmill_text path;
    char texts[];
};

enum {
    MODULE_TEXTS = offsetof(struct module_event, texts),
    MODULE_RECORD_MAX = MODULE_TEXTS + NAME_SIZE + VERSION_SIZE + PARAMETERS_SIZE + PATH_SIZE,
};

RINGMILL_EVENT(module_event);
RINGMILL_RING(events, 256 << 10);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, MODULE_RECORD_MAX);
} scratch SEC(".maps");

static __always_inline struct module_event *begin(enum module_action action, long error)
{
    __u32 key = 0;
    struct module_event *event = bpf_map_lookup_elem(&scratch, &key);

    if (!event)
        return NULL;
    event->ktime = bpf_ktime_get_ns();
    process_fill_current(PROCESS_FIELDS(event));
    event->action = action;
    event->error = error;
    event->known = 0;
    event->path_truncated = 0;
    event->taints = 0;
    event->size = 0;
    ringmill_no_text(&event->name);
    ringmill_no_text(&event->version);
    ringmill_no_text(&event->parameters);
    ringmill_no_text(&event->path);
    return event;
}

/* Copies a text of the kernel after the first `used` bytes of texts; `room` is a power of two.
 * Returns how many are in use then. */
static __always_inline __u64 add_text(struct module_event *event, const char *from, __u32 room,
                                      __u64 used, struct ringmill_text *place)
{
    long size = bpf_probe_read_kernel_str(event->texts + used, room, from);

    if (size <= 0)
        return used;
    place->offset = MODULE_TEXTS + used;
    place->length = size - 1;
    return used + ((size - 1) & (room - 1));
}

static __always_inline __u64 add_path(struct module_event *event, __u32 fd, __u64 used)
{
    struct path_scratch *paths = path_scratch_get();
    long state;

    if (!paths || !path_from_descriptor(paths, fd))
        return used;
    state = path_resolve(paths);
    event->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return used;
    return path_append(paths, event, MODULE_TEXTS, used, &event->path);
}

/* Without what is freed when the module's init function is done. */
static __always_inline __u32 size_of(const struct module *module)
{
    const struct module___before_6_4 *old = (const void *)module;

    if (!bpf_core_field_exists(module->mem))
        return BPF_CORE_READ(old, core_layout.size);
    return BPF_CORE_READ(module, mem[0].size) + BPF_CORE_READ(module, mem[1].size) +
           BPF_CORE_READ(module, mem[2].size) + BPF_CORE_READ(module, mem[3].size);
}

static __always_inline __u64 fill_module(struct module_event *event, const struct module *module)
{
    __u64 used = add_text(event, module->name, NAME_SIZE, 0, &event->name);

    event->known = 1;
    event->taints = BPF_CORE_READ(module, taints);
    event->size = size_of(module);
    return add_text(event, BPF_CORE_READ(module, version), VERSION_SIZE, used, &event->version);
}

/* What the caller of finit_module(2) or init_module(2) gave: its parameters, in user memory, since
 * the kernel cuts up its own copy while it reads that; and the file's path. */
static __always_inline __u64 fill_call(struct module_event *event, __u64 used)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs((void *)task);
    _Bool is_compat = syscall_is_compat();
    __u32 number = syscall_number(regs);
    _Bool has_file = number == (is_compat ? FINIT_MODULE_COMPAT : FINIT_MODULE);
    struct syscall_arguments arguments;
    const void *parameters;
    long size;

    if (!has_file && number != (is_compat ? INIT_MODULE_COMPAT : INIT_MODULE))
        return used;
    syscall_arguments_read(regs, is_compat, &arguments);
    parameters = (const void *)(has_file ? arguments.of[1] : arguments.of[2]);
    size = bpf_probe_read_user_str(event->texts + used, PARAMETERS_SIZE, parameters);
    if (size >= 0) {
        size -= size > 0; /* without its NUL, which an empty text may lack */
        event->parameters.offset = MODULE_TEXTS + used;
        event->parameters.length = size;
        used += size & (PARAMETERS_SIZE - 1);
    }
    return has_file ? add_path(event, arguments.of[0], used) : used;
}

SEC("tp_btf/module_load")
int ringmill_module_load(struct module_change *context)
{
    struct module_event *event = is_wanted() ? begin(MODULE_LOAD, 0) : NULL;
    __u64 used;

    if (!event)
        return 0;
    used = fill_call(event, fill_module(event, context->module));
    ringmill_output(events, event, MODULE_TEXTS + used);
    return 0;
}

SEC("tp_btf/module_free")
int ringmill_module_free(struct module_change *context)
{
    struct module_event *event = is_wanted() ? begin(MODULE_UNLOAD, 0) : NULL;
    __u64 used;

    if (!event)
        return 0;
    used = fill_module(event, context->module);
    ringmill_output(events, event, MODULE_TEXTS + used);
    return 0;
}

/* ---- attempts that failed ---------------------------------------------------------------------
 */

static __always_inline int write_failed_load(long result)
{
    struct module_event *event = result < 0 && is_wanted() ? begin(MODULE_LOAD, -result) : NULL;
    __u64 used;

    if (!event)
        return 0;
    used = fill_call(event, 0);
    ringmill_output(events, event, MODULE_TEXTS + used);
    return 0;
}

SEC("tp/syscalls/sys_exit_finit_module")
int ringmill_finit_module(struct syscall_exit *context)
{
    return write_failed_load(context->result);
}

SEC("tp/syscalls/sys_exit_init_module")
int ringmill_init_module(struct syscall_exit *context)
{
    return write_failed_load(context->result);
}

SEC("tp/syscalls/sys_exit_delete_module")
int ringmill_delete_module(struct syscall_exit *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs((void *)task);
    struct syscall_arguments arguments;
    struct module_event *event;
    long size;

    if (context->result >= 0 || !is_wanted())
        return 0;
    event = begin(MODULE_UNLOAD, -context->result);
    if (!event)
        return 0;
    syscall_arguments_read(regs, 0, &arguments);
    size = bpf_probe_read_user_str(event->texts, NAME_SIZE, (const void *)arguments.of[0]);
    if (size > 0) {
        event->name.offset = MODULE_TEXTS;
        event->name.length = size - 1;
    } else {
        size = 1;
    }
    ringmill_output(events, event, MODULE_TEXTS + ((size - 1) & (NAME_SIZE - 1)));
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
