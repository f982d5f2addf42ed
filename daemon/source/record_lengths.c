// SPDX-License-Identifier: Apache-2.0
#include "source/record_lengths.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "source/register_values.h"

/* Indexes of arguments. */
enum { PERF_FLAGS = 2, NEW_DYNPTR = 3 };
enum { WRITTEN_DYNPTR = 0, WRITTEN_DATA = 2, WRITTEN_LENGTH = 3 };

/* A helper function that puts a record into a ring, with the indexes of its arguments. */
struct output_function {
    int32_t helper;
    bool is_perf;
    uint8_t map;
    uint8_t length;
    uint8_t data; /* of one that copies the record */
};

static const struct output_function output_functions[] = {
    {BPF_FUNC_ringbuf_output, false, .map = 0, .length = 2, .data = 1},
    {BPF_FUNC_ringbuf_reserve, false, .map = 0, .length = 1, 0},
    {BPF_FUNC_ringbuf_reserve_dynptr, false, .map = 0, .length = 1, 0},
    {BPF_FUNC_perf_event_output, true, .map = 1, .length = 4, .data = 3},
    {BPF_FUNC_skb_output, true, .map = 1, .length = 4, .data = 3},
    {BPF_FUNC_xdp_output, true, .map = 1, .length = 4, .data = 3},
};

struct call_scan {
    const char *ring;
    bool is_perf;
    bool is_only;
    struct record_lengths *lengths;
};

static void add_length(struct record_lengths *lengths, uint32_t length)
{
    uint32_t at = 0;

    while (at < lengths->count && lengths->list[at] < length)
        at++;
    if (at < lengths->count && lengths->list[at] == length)
        return;
    if (lengths->count == RECORD_LENGTHS_MAX) {
        lengths->varies = true;
        return;
    }
    memmove(&lengths->list[at + 1], &lengths->list[at], (lengths->count - at) * sizeof(length));
    lengths->list[at] = length;
    lengths->count++;
}

static bool is_one(const struct register_value *value, enum register_content content)
{
    return value->content == content && value->count == 1;
}

/* Frames are allocated in steps of 8 bytes. */
static void set_source(struct record_call *to, const struct helper_call *call,
                       const struct register_value *data)
{
    to->is_on_frame = is_one(data, REGISTER_FRAME);
    if (to->is_on_frame)
        to->from_depth = data->offsets[0] - (call->frame_depth & ~INT64_C(7));
    to->is_result = data->result_of > 0;
    to->result_of = data->result_of - 1;
}

static void add_call(struct record_lengths *lengths, const struct output_function *function,
                     const struct helper_call *call, uint32_t length)
{
    struct record_call *to = &lengths->calls[lengths->n_calls];
    const struct register_value *dynptr = &call->arguments[NEW_DYNPTR];

    if (lengths->n_calls++ >= RECORD_CALLS_MAX)
        return;
    *to = (struct record_call){.length = length};
    snprintf(to->function, sizeof(to->function), "%s", call->function);
    switch (call->helper) {
    case BPF_FUNC_ringbuf_reserve:
        to->is_result = true;
        to->result_of = call->address;
        break;
    case BPF_FUNC_ringbuf_reserve_dynptr:
        to->is_dynptr = is_one(dynptr, REGISTER_FRAME);
        to->dynptr = to->is_dynptr ? dynptr->offsets[0] : 0;
        break;
    default:
        set_source(to, call, &call->arguments[function->data]);
    }
}

/* What a dynptr leads to is filled through a pointer that a call returns, or copied from a
 * variable. */
static void take_dynptr(struct record_lengths *lengths, const struct helper_call *call)
{
    const struct register_value *dynptr = &call->arguments[WRITTEN_DYNPTR];
    const struct register_value *length = &call->arguments[WRITTEN_LENGTH];

    for (uint32_t i = 0; i < lengths->n_calls && i < RECORD_CALLS_MAX; i++) {
        struct record_call *to = &lengths->calls[i];

        if (!to->is_dynptr || !is_one(dynptr, REGISTER_FRAME) || to->dynptr != dynptr->offsets[0] ||
            strcmp(to->function, call->function) != 0)
            continue;
        if (call->helper == BPF_FUNC_dynptr_data) {
            to->is_result = true;
            to->result_of = call->address;
        } else if (is_one(length, REGISTER_CONSTANT) && length->constants[0] == to->length) {
            set_source(to, call, &call->arguments[WRITTEN_DATA]);
        }
    }
}

/* The call is into that ring, or into another one, or perhaps into that ring. */
enum aim { ELSEWHERE, HERE, UNCLEAR };

static enum aim aim_of(const struct call_scan *scan, const struct register_value *map)
{
    bool is_among = false;

    if (map->content != REGISTER_MAP)
        return scan->is_only ? HERE : UNCLEAR;
    for (uint32_t i = 0; i < map->count; i++)
        is_among |= strcmp(map->maps[i], scan->ring) == 0;
    return is_among ? HERE : ELSEWHERE;
}

static const struct output_function *find_function(int32_t helper)
{
    for (size_t i = 0; i < sizeof(output_functions) / sizeof(output_functions[0]); i++)
        if (output_functions[i].helper == helper)
            return &output_functions[i];
    return NULL;
}

/* The high half of the flags is a number of bytes of the packet that follow the record. */
static bool may_append(const struct output_function *function, const struct helper_call *call)
{
    const struct register_value *flags = &call->arguments[PERF_FLAGS];

    if (!function->is_perf)
        return false;
    for (uint32_t i = 0; flags->content == REGISTER_CONSTANT && i < flags->count; i++)
        if (flags->constants[i] > UINT32_MAX)
            return true;
    return flags->content != REGISTER_CONSTANT;
}

static void take_call(void *context, const struct helper_call *call)
{
    struct call_scan *scan = context;
    const struct output_function *function = find_function(call->helper);
    const struct register_value *length;
    enum aim aim;

    if (call->helper == BPF_FUNC_dynptr_data || call->helper == BPF_FUNC_dynptr_write)
        take_dynptr(scan->lengths, call);
    if (!function || function->is_perf != scan->is_perf)
        return;
    aim = aim_of(scan, &call->arguments[function->map]);
    if (aim == ELSEWHERE)
        return;
    length = &call->arguments[function->length];
    if (aim == UNCLEAR || length->content != REGISTER_CONSTANT || may_append(function, call)) {
        scan->lengths->varies = true;
        return;
    }
    for (uint32_t i = 0; i < length->count; i++) {
        if (length->constants[i] == 0 || length->constants[i] > UINT32_MAX) {
            scan->lengths->varies = true;
            continue;
        }
        add_length(scan->lengths, (uint32_t)length->constants[i]);
        add_call(scan->lengths, function, call, (uint32_t)length->constants[i]);
    }
}

void record_lengths_read(const void *elf, size_t size, const char *ring, bool is_perf, bool is_only,
                         struct record_lengths *ret)
{
    struct call_scan scan = {.ring = ring, .is_perf = is_perf, .is_only = is_only, .lengths = ret};

    *ret = (struct record_lengths){0};
    register_values_read(elf, size, take_call, &scan);
}
