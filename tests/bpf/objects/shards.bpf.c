// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rings in maps of maps: to be filled by the loader, filled by initialisers, and by key. Each
 * getpgid(2) of one process writes a record into one ring of each. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct number {
    __u64 time;
    int number;
    __u32 shard;
};

const volatile __u32 target = 0;

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 << 10);
} first SEC(".maps"), second SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 64);
    __type(key, __u32);
    __array(values, struct ring);
} empty SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 2);
    __type(key, __u32);
    __array(values, struct ring);
} filled SEC(".maps") = {.values = {&first, &second}};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct ring);
} keyed SEC(".maps");

struct getpgid {
    __u64 common;
    long call;
    long pid;
};

static __always_inline void write(void *rings, int number, __u32 shard)
{
    void *ring = bpf_map_lookup_elem(rings, &shard);
    struct number *record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;

    if (!record)
        return;
    record->time = bpf_ktime_get_ns();
    record->number = number;
    record->shard = shard;
    bpf_ringbuf_submit(record, 0);
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(struct getpgid *context)
{
    if (bpf_get_current_pid_tgid() >> 32 != target)
        return 0;
    write(&empty, (int)context->pid, (__u32)context->pid & 1);
    write(&filled, (int)context->pid, (__u32)context->pid & 1);
    write(&keyed, (int)context->pid, (__u32)context->pid & 1);
    return 0;
}
