// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that a kernel, or this one, will not have; and a good one beside them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct event {
    __u64 ktime;
};
const struct event *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int good(void *context __attribute__((unused)))
{
    return 0;
}

SEC("raw_tp/sys_enter")
int wild(__u64 *context)
{
    return *(int *)context[0];
}

SEC("kprobe/do_nothing_of_the_kind")
int probed(void *context __attribute__((unused)))
{
    return 0;
}

SEC("tp/syscalls/sys_enter_nonsuch")
int traced(void *context __attribute__((unused)))
{
    return 0;
}

SEC("tp_btf/nonsuch")
int typed(void *context __attribute__((unused)))
{
    return 0;
}

SEC("sk_lookup")
int chooser(void *context __attribute__((unused)))
{
    return 0;
}

SEC("strange/section")
int stranger(void *context __attribute__((unused)))
{
    return 0;
}
