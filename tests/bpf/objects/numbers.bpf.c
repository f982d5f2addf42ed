// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each getpgid(2) of one process, with all constants in it: whoever loads this says
 * by constants which process that is, and by getpgid's argument what number stands in the record.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum level { QUIET, LOUD = 7 };

struct number {
    __u64 ktime;
    int number;
    __u32 sequence;
    bool flag;
    __s8 small;
    __u16 port;
    __s64 wide;
    __u64 huge;
    enum level level;
    char word[8];
    __u32 list[3];
};

const volatile __u32 target = 0; /* the process; 0: none */
const volatile bool flag = false;
const volatile __s8 small = 0;
const volatile __u16 port = 0;
const volatile __s64 wide = 0;
const volatile __u64 huge = 0;
const volatile enum level level = QUIET;
const volatile char word[8] = "";
const volatile __u32 list[3] = {};
/* in a section of its own, as some projects have them */
const volatile __u32 step SEC(".rodata.tuning") = 1;
const volatile struct {
    int inner;
} group = {};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} numbers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} table SEC(".maps");

/* how many did not fit, in three ways */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u32);
} misses SEC(".maps");
__u64 dropped = 0;
struct {
    __u32 calls;
    __u64 dropped[2];
} stats = {};

__u32 sequence = 0;

struct getpgid {
    __u64 common;
    long call;
    long pid;
};

static __always_inline void miss(void)
{
    __u32 key = 1;
    __u32 *count = bpf_map_lookup_elem(&misses, &key);

    if (count)
        *count += 1;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(struct getpgid *context)
{
    struct number *record;

    if (bpf_get_current_pid_tgid() >> 32 != target)
        return 0;
    __sync_fetch_and_add(&stats.calls, 1);
    __sync_fetch_and_add(&sequence, step);
    record = bpf_ringbuf_reserve(&numbers, sizeof(*record), 0);
    if (!record) {
        miss();
        __sync_fetch_and_add(&dropped, 1);
        __sync_fetch_and_add(&stats.dropped[1], 1);
        return 0;
    }
    record->ktime = bpf_ktime_get_ns();
    record->number = (int)context->pid;
    record->sequence = sequence;
    record->flag = flag;
    record->small = small;
    record->port = port;
    record->wide = wide;
    record->huge = huge;
    record->level = level;
    for (int i = 0; i < 8; i++)
        record->word[i] = word[i];
    for (int i = 0; i < 3; i++)
        record->list[i] = list[i];
    if (group.inner)
        record->number = 0;
    bpf_ringbuf_submit(record, 0);
    return 0;
}
