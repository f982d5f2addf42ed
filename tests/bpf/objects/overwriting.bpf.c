// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ring whose producers overwrite what was not read (Linux 6.19). */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
    __uint(map_flags, 1 << 19); /* BPF_F_RB_OVERWRITE */
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int nothing(void *context __attribute__((unused)))
{
    return 0;
}
