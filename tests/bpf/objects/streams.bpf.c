// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Streams of all kinds: shards in order, a small ring whose records are numbered and counted, and
 * one with several types, some of them unknown, too short or too long. Each getpgid(2) of one
 * process writes a record into each; the argument is the number of the calling thread, shifted by
 * 24, and that of its call. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target = 0; /* the process; 0: none */

/* ---- shards ---- */

struct shard_event {
    __u64 ktime;
    __u32 thread;
    __u32 number;
};
const struct shard_event *unused_shard_event __attribute__((unused));

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4 << 20);
} shard_0 SEC(".maps"), shard_1 SEC(".maps"), shard_2 SEC(".maps"), shard_3 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct ring);
} shards SEC(".maps") = {.values = {&shard_0, &shard_1, &shard_2, &shard_3}};

static __always_inline void write_shard(__u32 thread, __u32 number)
{
    __u32 shard = thread & 3;
    void *ring = bpf_map_lookup_elem(&shards, &shard);
    struct shard_event *event = ring ? bpf_ringbuf_reserve(ring, sizeof(*event), 0) : 0;

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->thread = thread;
    event->number = number;
    bpf_ringbuf_submit(event, 0);
}

/* ---- numbered and counted; for one thread at a time ---- */

struct small_event {
    __u64 ktime;
    __u32 sequence;
    __u32 number;
};
const struct small_event *unused_small_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} small SEC(".maps");

__u32 sequence = 0xffffff00; /* soon to begin anew */
__u64 missed = 0;

static __always_inline void write_small(__u32 number)
{
    __u32 own = sequence++;
    struct small_event *event = bpf_ringbuf_reserve(&small, sizeof(*event), 0);

    if (!event) {
        missed++;
        return;
    }
    event->ktime = bpf_ktime_get_ns();
    event->sequence = own;
    event->number = number;
    bpf_ringbuf_submit(event, 0);
}

/* ---- many types ---- */

struct first {
    __u64 ktime;
    __u32 kind, number;
    char word[8];
};
struct second {
    __u64 ktime;
    __u32 kind, number;
    __u16 port;
    __u64 wide;
};
struct third {
    __u64 ktime;
    __u32 kind, number;
    __u64 missing;
};
struct fourth {
    __u64 ktime;
    __u32 kind, number;
};
const struct first *unused_first __attribute__((unused));
const struct second *unused_second __attribute__((unused));
const struct third *unused_third __attribute__((unused));
const struct fourth *unused_fourth __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4 << 20);
} mixed SEC(".maps");

static __always_inline void write_first(__u32 number)
{
    struct first *event = bpf_ringbuf_reserve(&mixed, sizeof(*event), 0);

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->kind = 1;
    event->number = number;
    __builtin_memcpy(event->word, "first", 6);
    bpf_ringbuf_submit(event, 0);
}

static __always_inline void write_second(__u32 number)
{
    struct second *event = bpf_ringbuf_reserve(&mixed, sizeof(*event), 0);

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->kind = 2;
    event->number = number;
    event->port = 80;
    event->wide = 1ull << 60;
    bpf_ringbuf_submit(event, 0);
}

/* bytes: of the third type fewer than it has, of the fourth more, of others whatever. */
#define WRITE(value, bytes)                                             \
    do {                                                                \
        struct fourth *event = bpf_ringbuf_reserve(&mixed, (bytes), 0); \
                                                                        \
        if (!event)                                                     \
            return;                                                     \
        event->ktime = bpf_ktime_get_ns();                              \
        event->kind = (value);                                          \
        event->number = number;                                         \
        bpf_ringbuf_submit(event, 0);                                   \
    } while (0)

static __always_inline void write_mixed(__u32 number)
{
    switch (number % 6) {
    case 1:
        write_first(number);
        break;
    case 2:
        write_second(number);
        break;
    case 3:
        WRITE(3, sizeof(struct fourth));
        break;
    case 4:
        WRITE(4, sizeof(struct fourth) + 10);
        break;
    case 5:
        WRITE(77, sizeof(struct fourth));
        break;
    default: { /* too short to say its type */
        __u64 *event = bpf_ringbuf_reserve(&mixed, 8, 0);

        if (event) {
            *event = 0;
            bpf_ringbuf_submit(event, 0);
        }
    }
    }
}

struct getpgid {
    __u64 common;
    long call;
    long pid;
};

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(struct getpgid *context)
{
    __u32 word = (__u32)context->pid;

    if (bpf_get_current_pid_tgid() >> 32 != target)
        return 0;
    write_shard(word >> 24, word & 0xffffff);
    write_small(word & 0xffffff);
    write_mixed(word & 0xffffff);
    return 0;
}
