// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The other file of linked_files.bpf.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

__u64 calls = 0;

__noinline int square(int number)
{
    calls++;
    return number * number;
}
