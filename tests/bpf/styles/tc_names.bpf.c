// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs for TC by all the names that they have in the field; the last one is a loader's own. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct packet {
    __u32 which;
    __u32 length;
};

const struct packet *unused_packet __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int put(struct __sk_buff *buffer, __u32 which)
{
    struct packet *packet = bpf_ringbuf_reserve(&events, sizeof(*packet), 0);

    if (!packet)
        return TC_ACT_UNSPEC;
    packet->which = which;
    packet->length = buffer->len;
    bpf_ringbuf_submit(packet, 0);
    return TC_ACT_UNSPEC;
}

#define PROGRAM(section, name, which)               \
    SEC(section) int name(struct __sk_buff *buffer) \
    {                                               \
        return put(buffer, which);                  \
    }

PROGRAM("classifier/ingress", classifier_ingress, 1)
PROGRAM("tc/egress", tc_egress, 2)
PROGRAM("tcx/ingress", tcx_ingress, 3)
PROGRAM("tcx/egress", tcx_egress, 4)
PROGRAM("tc", plain_tc, 5)
PROGRAM("classifier", plain_classifier, 6)
PROGRAM("action", plain_action, 7)
PROGRAM("tc_ingress", loader, 8)
