// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Inputs that are not constants: globals of .data and .bss, which its own user space would set. */
#include "mark.h"

enum mood { MOOD_LOW, MOOD_HIGH };

struct input_event {
    __u64 number;
    __s16 step;
    enum mood mood;
    __u16 ports[3];
    char word[8];
};

const struct input_event *unused_input_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

bool enabled = false;
static volatile __s16 step = 1;
enum mood mood = MOOD_HIGH;
__u16 ports[3];
char word[8] SEC(".data.words") = "word";
__u64 made; /* the program changes it */

MARK_SECTION
int mark(struct mark_context *context)
{
    struct input_event *event;

    if (!enabled || !is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = made;
    event->step = step;
    event->mood = mood;
    __builtin_memcpy(event->ports, ports, sizeof(ports));
    __builtin_memcpy(event->word, word, sizeof(word));
    bpf_ringbuf_submit(event, 0);
    made += 1;
    return 0;
}
