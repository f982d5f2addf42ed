// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a kernel may not have: a hook, a helper function, a tracepoint under its name of today; a
 * good program beside them, and one that no verifier accepts. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/sys_enter")
int good(void *context __attribute__((unused)))
{
    return 0;
}

SEC("tp_btf/nonsuch")
int hookless(void *context __attribute__((unused)))
{
    return 0;
}

SEC("tp/syscalls/sys_enter_nonsuch")
int traced(void *context __attribute__((unused)))
{
    return 0;
}

static long (*nonsuch)(void) = (void *)9999;

SEC("raw_tp/sys_exit")
int helpless(void *context __attribute__((unused)))
{
    return nonsuch() != 0;
}

SEC("tp_btf/nonsuch_too")
int renamed(void *context __attribute__((unused)))
{
    return 0;
}

SEC("raw_tp/sys_enter")
int renamed___before_9_9(void *context __attribute__((unused)))
{
    return 0;
}

SEC("raw_tp/sys_enter")
int wild(__u64 *context)
{
    return *(int *)context[0];
}
