// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A function of the kernel, and a variable and a function that no kernel has. */
#include "mark.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

struct task_struct {
    int pid;
} __attribute__((preserve_access_index));

extern const int variable_of_no_kernel __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;
extern void bpf_function_of_no_kernel(void) __ksym __weak;

struct symbol_event {
    __u64 number;
    __u32 pid;
    bool acquired;
    bool of_no_kernel;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs)
{
    struct task_struct *task;
    __u64 first, number, third;
    struct symbol_event *event;

    (void)ctx;
    bpf_probe_read_kernel(&first, sizeof(first), &PT_REGS_PARM1_SYSCALL(regs));
    bpf_probe_read_kernel(&third, sizeof(third), &PT_REGS_PARM3_SYSCALL(regs));
    if (first != MARK || third != mark_key)
        return 0;
    bpf_probe_read_kernel(&number, sizeof(number), &PT_REGS_PARM2_SYSCALL(regs));
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->pid = 0;
    event->acquired = false;
    event->of_no_kernel = &variable_of_no_kernel || &bpf_function_of_no_kernel;
    if (&bpf_task_acquire) {
        task = bpf_task_acquire(bpf_get_current_task_btf());
        if (task) {
            event->pid = task->pid;
            event->acquired = true;
            bpf_task_release(task);
        }
    }
    bpf_ringbuf_submit(event, 0);
    return 0;
}
