// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per BPF program that is loaded and per map that is created, and per attempt to, made
 * when bpf(2) returns. What user space asked for is read from its memory, which the kernel has just
 * read; what the kernel made of it, from the new descriptor. Other commands of bpf(2) cost a
 * comparison. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_file.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

enum { NAME_SIZE = 16, FUNCTION_SIZE = 64, TAG_SIZE = 8, LICENSE_SIZE = 32 };

struct bpf_event {
    __u64 ktime;
    struct process_fields; /* who loads */
    enum bpf_cmd command;  /* BPF_PROG_LOAD or BPF_MAP_CREATE */
    errno_t error;         /* errno, or 0 */
    __s32 fd;              /* -1: it failed */
    _Bool known;           /* what the kernel made is known: id, tag and the like */
    __u32 id;
    char name[NAME_SIZE]; /* empty: it has none */
    /* of a program */
    enum bpf_prog_type prog_type;
    _Bool has_attach_type; /* else it attaches as its type says */
    enum bpf_attach_type attach_type;
    __u32 instructions;            /* as loaded */
    __u32 translated_instructions; /* after the verifier */
    __u32 jited_bytes;             /* 0: it is interpreted */
    char license[LICENSE_SIZE];
    char function[FUNCTION_SIZE]; /* what it attaches to, of tracing and LSM programs */
    __u8 tag[TAG_SIZE];           /* the hash of its instructions */
    /* of a map */
    enum bpf_map_type map_type;
    __u32 key_size;
    __u32 value_size;
    __u32 max_entries;
    __u32 map_flags;
    char texts[];
};

RINGMILL_EVENT(bpf_event);
RINGMILL_RING(events, 1 << 20);

#define READ_NAME(to, from)                      \
    do {                                         \
        if (bpf_core_read(to, sizeof(to), from)) \
            (to)[0] = '\0';                      \
    } while (0)

/* NULL: the descriptor is not open. */
static __always_inline const struct file *file_of(__u32 fd)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct fdtable *table = BPF_CORE_READ(task, files, fdt);
    const struct file *file = NULL;

    if (fd < BPF_CORE_READ(table, max_fds))
        bpf_probe_read_kernel((void *)&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
    return file;
}

static __always_inline void fill_asked_program(struct bpf_event *event, const union bpf_attr *attr)
{
    event->prog_type = attr->prog_type;
    event->attach_type = attr->expected_attach_type;
    /* the number 0 is that of one type of program, and of those that give none */
    event->has_attach_type =
        attr->expected_attach_type != 0 || attr->prog_type == BPF_PROG_TYPE_CGROUP_SKB;
    event->instructions = attr->insn_cnt;
    __builtin_memcpy(event->name, attr->prog_name, NAME_SIZE);
    if (bpf_probe_read_user_str(event->license, LICENSE_SIZE, (const void *)attr->license) < 0)
        event->license[0] = '\0';
}

static __always_inline void fill_asked_map(struct bpf_event *event, const union bpf_attr *attr)
{
    event->map_type = attr->map_type;
    event->key_size = attr->key_size;
    event->value_size = attr->value_size;
    event->max_entries = attr->max_entries;
    event->map_flags = attr->map_flags;
    __builtin_memcpy(event->name, attr->map_name, NAME_SIZE);
}

/* Another thread may have replaced the descriptor meanwhile: a program points to itself. */
static __always_inline void fill_program(struct bpf_event *event, const struct bpf_prog *program)
{
    const struct bpf_prog_aux *aux = BPF_CORE_READ(program, aux);
    const char *function = BPF_CORE_READ(aux, attach_func_name);

    event->known = program && BPF_CORE_READ(aux, prog) == program;
    if (!event->known)
        return;
    event->id = BPF_CORE_READ(aux, id);
    event->translated_instructions = BPF_CORE_READ(program, len);
    event->jited_bytes = BPF_CORE_READ(program, jited_len);
    READ_NAME(event->name, &aux->name);
    bpf_core_read(event->tag, TAG_SIZE, &program->tag);
    if (bpf_probe_read_kernel_str(event->function, FUNCTION_SIZE, function) < 0)
        event->function[0] = '\0';
}

static __always_inline void fill_map(struct bpf_event *event, const struct bpf_map *map)
{
    event->known = map && BPF_CORE_READ(map, map_type) == event->map_type &&
                   BPF_CORE_READ(map, key_size) == event->key_size &&
                   BPF_CORE_READ(map, value_size) == event->value_size;
    if (!event->known)
        return;
    event->id = BPF_CORE_READ(map, id);
    event->max_entries = BPF_CORE_READ(map, max_entries);
    READ_NAME(event->name, &map->name);
}

static __always_inline void fill(struct bpf_event *event, const union bpf_attr *attr, __u32 fd)
{
    const struct file *file = event->error ? NULL : file_of(fd);
    const void *made = BPF_CORE_READ(file, private_data);

    if (event->command == BPF_PROG_LOAD) {
        fill_asked_program(event, attr);
        fill_program(event, made);
    } else {
        fill_asked_map(event, attr);
        fill_map(event, made);
    }
}

/* The caller may give less than all, or, if it is newer than this program, more. */
static __always_inline void read_attr(union bpf_attr *attr, unsigned long from, __u64 size)
{
    __builtin_memset(attr, 0, sizeof(*attr));
    if (size > sizeof(*attr))
        size = sizeof(*attr);
    bpf_probe_read_user(attr, size, (const void *)from);
}

SEC("tp/syscalls/sys_exit_bpf")
int ringmill_bpf(struct syscall_exit *context)
{
    const struct pt_regs *regs =
        (const struct pt_regs *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());
    struct syscall_arguments arguments;
    __u32 command;
    struct bpf_event *event;
    union bpf_attr attr;

    syscall_arguments_read(regs, 0, &arguments);
    command = arguments.of[0];
    if ((command != BPF_PROG_LOAD && command != BPF_MAP_CREATE) || !is_wanted())
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    event->command = command;
    event->error = context->result < 0 ? -context->result : 0;
    event->fd = context->result < 0 ? -1 : context->result;
    read_attr(&attr, arguments.of[1], arguments.of[2]);
    fill(event, &attr, context->result);
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
