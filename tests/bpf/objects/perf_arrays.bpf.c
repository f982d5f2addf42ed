// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Perf event arrays: one with records of two lengths, one with bytes of packets after its records,
 * and one that programs read. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct short_call {
    __u64 kind;
    __u64 number;
};

struct long_call {
    __u64 kind;
    __u64 number;
    __u64 result;
};

struct packet_head {
    __u32 length;
    __u32 port;
};

const struct short_call *unused_short __attribute__((unused));
const struct long_call *unused_long __attribute__((unused));
const struct packet_head *unused_head __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} calls SEC(".maps"), packets SEC(".maps"), counters SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(void *context)
{
    struct short_call event = {1, 2};

    bpf_perf_event_output(context, &calls, BPF_F_CURRENT_CPU, &event, sizeof(event));
    return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(void *context)
{
    struct long_call event = {2, 3, 0};
    struct bpf_perf_event_value value;

    if (bpf_perf_event_read_value(&counters, BPF_F_CURRENT_CPU, &value, sizeof(value)) == 0)
        event.result = value.counter;
    bpf_perf_event_output(context, &calls, BPF_F_CURRENT_CPU, &event, sizeof(event));
    return 0;
}

SEC("xdp")
int on_packet(struct xdp_md *context)
{
    struct packet_head head = {.port = context->ingress_ifindex};
    __u64 length = (__u32)(context->data_end - context->data);

    head.length = length;
    bpf_perf_event_output(context, &packets, BPF_F_CURRENT_CPU | length << 32, &head, sizeof(head));
    return XDP_PASS;
}
