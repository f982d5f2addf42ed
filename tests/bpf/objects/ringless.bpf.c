// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An object of the older kind. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int nothing(void *context __attribute__((unused)))
{
    return 0;
}
