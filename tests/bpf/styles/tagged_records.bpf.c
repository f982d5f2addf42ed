// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records of three types in one ring, told apart by a number at their beginning. */
#include "mark.h"

struct born {
    __u8 kind; /* 1 */
    __u32 number;
    char name[8];
} __attribute__((packed));

struct moved {
    __u8 kind; /* 2 */
    __u32 number;
    __s16 x;
    __s16 y;
} __attribute__((packed));

struct gone {
    __u8 kind; /* 3 */
    __u32 number;
} __attribute__((packed));

const struct born *unused_born __attribute__((unused));
const struct moved *unused_moved __attribute__((unused));
const struct gone *unused_gone __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} life SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct born born = {.kind = 1, .number = number, .name = "thing"};
    struct moved moved = {.kind = 2, .number = number, .x = (__s16)number, .y = (__s16)-number};
    struct gone gone = {.kind = 3, .number = number};

    if (!is_mark(context))
        return 0;
    if (number % 3 == 0)
        bpf_ringbuf_output(&life, &born, sizeof(born), 0);
    else if (number % 3 == 1)
        bpf_ringbuf_output(&life, &moved, sizeof(moved), 0);
    else
        bpf_ringbuf_output(&life, &gone, sizeof(gone), 0);
    return 0;
}
