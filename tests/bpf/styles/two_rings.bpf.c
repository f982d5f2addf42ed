// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two rings with a type each: even numbers go into one, odd ones into the other. */
#include "mark.h"

struct even_event {
    __u64 number;
    __u64 half;
};

struct odd_event {
    __u64 number;
    char word[8];
};

const struct even_event *unused_even __attribute__((unused));
const struct odd_event *unused_odd __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} evens SEC(".maps"), odds SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];

    if (!is_mark(context))
        return 0;
    if (number & 1) {
        struct odd_event *odd = bpf_ringbuf_reserve(&odds, sizeof(*odd), 0);

        if (!odd)
            return 0;
        odd->number = number;
        __builtin_memcpy(odd->word, "odd\0\0\0\0", 8);
        bpf_ringbuf_submit(odd, 0);
    } else {
        struct even_event *even = bpf_ringbuf_reserve(&evens, sizeof(*even), 0);

        if (!even)
            return 0;
        even->number = number;
        even->half = number / 2;
        bpf_ringbuf_submit(even, 0);
    }
    return 0;
}
