// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel is, by externs that the loader resolves. */
#include "mark.h"

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig __weak;
extern bool CONFIG_OF_NO_KERNEL __kconfig __weak;

struct kernel_event {
    __u32 number;
    __u32 version;
    bool of_no_kernel;
    bool syscall;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct kernel_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = (__u32)context->arguments[1];
    event->version = LINUX_KERNEL_VERSION >> 16;
    event->of_no_kernel = CONFIG_OF_NO_KERNEL;
    event->syscall = CONFIG_BPF_SYSCALL;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
