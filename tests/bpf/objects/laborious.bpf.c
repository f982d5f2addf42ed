// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that the verifier walks through for seconds, one after the other, and that do nothing
 * when they run: for what happens while a load is under way. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct nothing {
    __u64 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} nothings SEC(".maps");

__u64 enabled = 0; /* and never set, which the verifier cannot know */

/* Each turn differs from the one before, so each is walked through. */
#define LABOUR(name)                                                  \
    SEC("tp/syscalls/sys_enter_getpgid") int on_##name(void *context) \
    {                                                                 \
        __u64 sum = enabled;                                          \
        struct nothing *record;                                       \
                                                                      \
        (void)context;                                                \
        if (!sum)                                                     \
            return 0;                                                 \
        for (__u32 i = 0; i < 100000; i++)                            \
            sum = (sum ^ i) * 7;                                      \
        record = bpf_ringbuf_reserve(&nothings, sizeof(*record), 0);  \
        if (!record)                                                  \
            return 0;                                                 \
        record->number = sum;                                         \
        bpf_ringbuf_submit(record, 0);                                \
        return 0;                                                     \
    }
#define FOUR(name) LABOUR(name##0) LABOUR(name##1) LABOUR(name##2) LABOUR(name##3)

FOUR(a)
FOUR(b)
FOUR(c)
FOUR(d)
FOUR(e)
FOUR(f)
FOUR(g)
FOUR(h)
