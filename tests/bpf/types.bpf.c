// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An object whose types are found in every way: kept by a variable, named by GADGET_TRACER for one
 * ring each, used by a local only. */
#include "types.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* as Inspektor Gadget has it */
#define GADGET_TRACER(name, map_name, event_type)                                             \
    const void *gadget_tracer_##name##___##map_name##___##event_type __attribute__((unused)); \
    const struct event_type *__gadget_tracer_type_##name __attribute__((unused))

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RING(name)                          \
    struct {                                \
        __uint(type, BPF_MAP_TYPE_RINGBUF); \
        __uint(max_entries, 4096);          \
    } name SEC(".maps")

RING(types_flows);
RING(types_of_the_drops);
RING(types_rest);

GADGET_TRACER(flows, types_flows, flow);
GADGET_TRACER(drops, types_of_the_drops, drop);
const struct everything *unused_everything __attribute__((unused));
struct bits *unused_bits __attribute__((unused));
struct tight *tight __attribute__((unused));

SEC("syscall")
int types(void *context __attribute__((unused)))
{
    struct local *local = bpf_ringbuf_reserve(&types_rest, sizeof(*local), 0);

    if (local) {
        *local = (struct local){.big = BIG_HIGH};
        bpf_ringbuf_submit(local, 0);
    }
    return bpf_ringbuf_query(&types_flows, 0) == bpf_ringbuf_query(&types_of_the_drops, 0);
}
