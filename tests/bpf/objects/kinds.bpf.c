// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One ring with two types, told apart by a field of both. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum kind { EVEN = 1, ODD = 2 };

struct header {
    __u64 time;
    enum kind kind;
    __u32 sequence;
};

struct even {
    struct header header;
    int half;
};

struct odd {
    struct header header;
    int number;
    __u32 address;
    __u8 narrow;
};

const struct even *unused_even __attribute__((unused));
const struct odd *unused_odd __attribute__((unused));

const volatile __u32 target = 0;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} kinds SEC(".maps");

__u32 sequence = 0;

struct getpgid {
    __u64 common;
    long call;
    long pid;
};

static __always_inline void fill(struct header *header, enum kind kind)
{
    header->time = bpf_ktime_get_ns();
    header->kind = kind;
    header->sequence = sequence++; /* one process only, one call at a time */
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(struct getpgid *context)
{
    int number = (int)context->pid;
    struct even *even;
    struct odd *odd;

    if (bpf_get_current_pid_tgid() >> 32 != target)
        return 0;
    if (number & 1) {
        odd = bpf_ringbuf_reserve(&kinds, sizeof(*odd), 0);
        if (!odd)
            return 0;
        fill(&odd->header, ODD);
        odd->number = number;
        odd->address = 0x0100007f;
        odd->narrow = 0;
        bpf_ringbuf_submit(odd, 0);
        return 0;
    }
    even = bpf_ringbuf_reserve(&kinds, sizeof(*even), 0);
    if (!even)
        return 0;
    fill(&even->header, EVEN);
    even->half = (__u32)number / 2;
    bpf_ringbuf_submit(even, 0);
    return 0;
}
