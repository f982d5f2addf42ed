// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ways in which records get into rings: a dynptr, a copy of a map's value, a static function,
 * an inline one, a ring and a length that a branch decides. All types but one are of 24 bytes, so
 * only the variables tell them apart. */
#include "mark.h"

struct by_dynptr {
    __u64 number;
    __u64 first;
    __u64 second;
};

struct by_value {
    __u64 number;
    char word[16];
};

struct by_function {
    __u64 number;
    __s64 negative;
    __u64 half;
};

struct by_inline {
    __u64 number;
    __u32 pair[2];
    __u64 twice;
};

struct by_branch {
    __u64 number;
    __u8 odd;
    __u8 rest[15];
};

struct longer {
    __u64 number;
    __u64 more[3];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} dynptrs SEC(".maps"), values SEC(".maps"), functions SEC(".maps"), inlines SEC(".maps"),
    evens SEC(".maps"), odds SEC(".maps"), lengths SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct by_value);
} scratch SEC(".maps");

static __noinline int put(void *ring, const struct by_function *record, __u64 length)
{
    return bpf_ringbuf_output(ring, (void *)record, length, 0);
}

static __always_inline void *get(void *ring, __u64 length)
{
    return bpf_ringbuf_reserve(ring, length, 0);
}

static __noinline int put_function(__u64 number)
{
    struct by_function record = {.number = number, .negative = -number, .half = number / 2};

    return put(&functions, &record, sizeof(record));
}

static __always_inline void put_dynptr(__u64 number)
{
    struct bpf_dynptr pointer;
    struct by_dynptr *record;

    bpf_ringbuf_reserve_dynptr(&dynptrs, sizeof(*record), 0, &pointer);
    record = bpf_dynptr_data(&pointer, 0, sizeof(*record));
    if (record) {
        record->number = number;
        record->first = number + 1;
        record->second = number + 2;
    }
    bpf_ringbuf_submit_dynptr(&pointer, 0);
}

static __always_inline void put_value(__u64 number)
{
    __u32 zero = 0;
    struct by_value *record = bpf_map_lookup_elem(&scratch, &zero);

    if (!record)
        return;
    record->number = number;
    __builtin_memcpy(record->word, "value", 6);
    bpf_ringbuf_output(&values, record, sizeof(*record), 0);
}

static __always_inline void put_inline(__u64 number)
{
    struct by_inline *record = get(&inlines, sizeof(*record));

    if (!record)
        return;
    record->number = number;
    record->pair[0] = number + 3;
    record->pair[1] = number + 4;
    record->twice = 2 * number;
    bpf_ringbuf_submit(record, 0);
}

static __always_inline void put_branch(__u64 number)
{
    struct by_branch record = {.number = number, .odd = number & 1};
    struct longer longer = {.number = number};
    void *ring = &evens;

    if (number & 1)
        ring = &odds;
    bpf_ringbuf_output(ring, &record, sizeof(record), 0);
    bpf_ringbuf_output(&lengths, &longer, number & 1 ? sizeof(longer) : sizeof(record), 0);
}

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];

    if (!is_mark(context))
        return 0;
    put_dynptr(number);
    put_value(number);
    put_function(number);
    put_inline(number);
    put_branch(number);
    return 0;
}
