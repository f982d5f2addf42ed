// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two rings whose types only local variables have, beside types of the kernel: what the calls say
 * of the length, and of the ring, leads to them. */
#include "mark.h"

#include <bpf/bpf_core_read.h>

/* As vmlinux.h has it. */
struct task_struct {
    int tgid;
    struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct reserved {
    __u64 number;
    __u32 ppid;
    char word[12];
};

struct copied {
    __u64 number;
    __u64 twice;
    __u64 thrice;
    __u64 last;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} reserves SEC(".maps"), copies SEC(".maps");

/* What no program puts into a ring. */
struct state {
    __u64 marks;
    __u64 rest[6];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct state);
} states SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct copied copy = {.number = context->arguments[1]};
    struct reserved *event;
    struct task_struct *task;
    struct state *state;
    __u32 zero = 0;

    if (!is_mark(context))
        return 0;
    state = bpf_map_lookup_elem(&states, &zero);
    if (state)
        state->marks++;
    event = bpf_ringbuf_reserve(&reserves, sizeof(*event), 0);
    if (event) {
        task = (struct task_struct *)bpf_get_current_task();
        event->number = copy.number;
        event->ppid = BPF_CORE_READ(task, real_parent, tgid);
        __builtin_memcpy(event->word, "local\0\0\0\0\0\0", 12);
        bpf_ringbuf_submit(event, 0);
    }
    copy.twice = copy.number * 2;
    copy.thrice = copy.number * 3;
    copy.last = copy.number - 1;
    if (copy.number & 1)
        bpf_ringbuf_output(&copies, &copy, sizeof(copy), 0);
    return 0;
}
