// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Where the messages of a TCP connection begin. Each has its length before it, and neither begins
 * or ends where segments do:
 *
 *     segments   | L message L mess | age L | message |
 *                  '-- next ------------^
 *
 * `next` is the place of the next one, as a sequence number. It is unknown at first, and after
 * segments that came in another order than they were sent: then a message is looked for at the
 * start of a segment, and taken if it looks like one. What is sent again lies before `next`, so it
 * is not seen twice. */

#include "forgotten.bpf.h"
#include "packet.bpf.h"

struct dns_stream {
    __u32 next;
    __u16 length;     /* of the message there, if that came in the segment before it */
    _Bool has_length; /* else 0 */
    _Bool known;
    _Bool certain; /* a message was found, and all since then follow it */
};

/* Of a socket: what it sends, what it gets. */
struct dns_streams {
    struct dns_stream of[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct dns_streams);
} dns_streams SEC(".maps");

struct dns_segment {
    __u32 sequence;   /* of its first byte of payload */
    __u32 begin, end; /* of the payload, in the packet */
};

/* NULL: no memory. */
static __always_inline struct dns_stream *dns_stream_of(const struct __sk_buff *skb,
                                                        enum direction direction)
{
    struct bpf_sock *socket = packet_full_socket(skb);
    struct dns_streams *streams;

    if (!socket)
        return NULL;
    streams = bpf_sk_storage_get(&dns_streams, socket, NULL, BPF_SK_STORAGE_GET_F_CREATE);
    if (!streams) {
        forgotten_count();
        return NULL;
    }
    return direction == OUTGOING ? &streams->of[0] : &streams->of[1];
}

/* at: of the TCP header. 0, or -1: it has no payload. */
static __always_inline int dns_segment_read(const struct __sk_buff *skb, __u32 at,
                                            struct dns_segment *ret)
{
    enum { TCP_SEQUENCE = 4, TCP_WORDS = 12 };
    __u8 words = 0;
    __be32 sequence;

    if (bpf_skb_load_bytes(skb, at + TCP_WORDS, &words, sizeof(words)) ||
        bpf_skb_load_bytes(skb, at + TCP_SEQUENCE, &sequence, sizeof(sequence)))
        return -1;
    ret->begin = at + (words >> 4) * 4;
    ret->end = skb->len;
    ret->sequence = bpf_ntohl(sequence);
    return ret->begin < ret->end ? 0 : -1;
}

/* Where in the packet the first message begins, or its length; 0: none does. */
static __always_inline __u32 dns_stream_begin(struct dns_stream *stream,
                                              const struct dns_segment *segment)
{
    __s32 ahead = stream->next - segment->sequence;

    if (!stream->known || ahead < 0) {
        stream->certain = 0;
        stream->has_length = 0;
        return segment->begin;
    }
    return ahead < (__s32)(segment->end - segment->begin) ? segment->begin + ahead : 0;
}

/* Of the message at *at, which moves past it. 0: the segment ends before the length does. */
static __always_inline __u32 dns_stream_length(const struct __sk_buff *skb,
                                               struct dns_stream *stream, __u32 *at)
{
    __be16 length;

    if (stream->has_length) {
        stream->has_length = 0;
        return stream->length;
    }
    if (bpf_skb_load_bytes(skb, *at, &length, sizeof(length)))
        return 0;
    *at += sizeof(length);
    return bpf_ntohs(length);
}
