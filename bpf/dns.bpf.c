// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per DNS message on port 53 that a socket of this machine sends or gets: queries and
 * answers, of those that ask and of those that serve. By TCP, see dns_stream.bpf.h.
 *
 * An answer has the latency since its query, if that was seen: queries are remembered by the
 * socket, the peer and the id, see recent.bpf.h.
 *
 * Of the question, the name is copied from the packet and then changed in place. Each label has its
 * length before it; that byte becomes the dot, and the text is the name one byte earlier:
 *
 *     packet  | 3 w w w 7 e x a m p l e 0 | type | class |
 *     text    | w w w . e x a m p l e |
 */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "dns_stream.bpf.h"
#include "packet.bpf.h"
#include "recent.bpf.h"

#define QUERY_IDLE_NS (10ULL * 1000 * 1000 * 1000) /* who asked has given up or asked again */

enum {
    DNS_PORT = 53,
    DNS_HEADER = 12,
    NAME_MAX = 255,      /* bytes of a name in a packet, its end included */
    LABEL_MAX = 63,      /* more: a pointer to another name, which no question has */
    NAME_ROOM = 256,     /* for the verifier: a power of two */
    POINTER_BITS = 0xc0, /* of a label that is a pointer */
    MESSAGES_MAX = 16,   /* of one TCP segment */
    RECORDS_MAX = 16,    /* of an answer, that are looked at */
    QUESTION_REST = 4,   /* after its name: type and class */
    LABELS_MAX = 16,     /* of the name of such a record */
    ADDRESSES_MAX = 8,   /* a power of two */
};

const volatile __u32 queries = 16384; /* that wait for their answers */

enum dns_kind { QUERY, ANSWER };

enum dns_type {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    NAPTR = 35,
    DS = 43,
    RRSIG = 46,
    NSEC = 47,
    DNSKEY = 48,
    TLSA = 52,
    SVCB = 64,
    HTTPS = 65,
    AXFR = 252,
    ANY = 255,
};

enum dns_rcode {
    NOERROR,
    FORMERR,
    SERVFAIL,
    NXDOMAIN,
    NOTIMP,
    REFUSED,
    YXDOMAIN,
    YXRRSET,
    NXRRSET,
    NOTAUTH,
    NOTZONE,
};

struct dns_event {
    __u64 ktime;
    /* Of the task that asked, or serves; uid, cgroup_id and netns are the
     * socket's. */
    struct process_fields;
    _Bool pid_known; /* false: of the process only uid, cgroup_id and netns are known */
    struct socket_fields;
    enum direction direction; /* of the message */
    __u8 ip_proto;            /* UDP or TCP */
    enum dns_kind kind;
    __u16 id;
    __u16 answers; /* how many records the answer has */
    enum dns_rcode rcode;
    _Bool truncated; /* the answer does not fit, so it is asked for again by TCP */
    _Bool malformed; /* it has not exactly one question, or one that cannot be read */
    _Bool matched;   /* an answer whose query was seen */
    enum dns_type type;
    __u64 latency_ns;          /* since the query */
    _Bool displaced;           /* a query of the last 10 s had to be forgotten for this one */
    _Bool addresses_truncated; /* the answer has more of them, or parts that were not looked at */
    ringmill_count address_count;
    struct in6_addr addresses[ADDRESSES_MAX]; /* of the answer's A and AAAA records */
    struct ringmill_text name; /* as in the packet: upper and lower case are kept; the root is "" */
    char texts[];
};

enum { DNS_RECORD = sizeof(struct dns_event) + NAME_ROOM };

RINGMILL_EVENT(dns_event);
RINGMILL_RING(events, 1 << 20);

struct dns_header {
    __be16 id;
    __u8 flags; /* answer, 4 bits opcode, authoritative, truncated, recursion desired */
    __u8 rcode; /* its lower 4 bits */
    __be16 questions;
    __be16 answers;
    __be16 others[2];
};

enum {
    DNS_FLAG_ANSWER = 0x80,
    DNS_FLAG_TRUNCATED = 0x02,
};

struct message {
    struct dns_header header;
    struct ports ports;
    __u8 protocol;
    __u32 at;      /* where it begins in the packet */
    __u32 length;  /* as far as it is in this packet */
    _Bool certain; /* false: take it if it looks like a message */
    __u64 cookie;  /* of the socket */
    __u64 now;
    enum direction direction;
};

/* ---- where it is ----------------------------------------------------------------------------- */

static __always_inline _Bool has_dns_port(const struct ports *ports)
{
    return ports->source == bpf_htons(DNS_PORT) || ports->destination == bpf_htons(DNS_PORT);
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* Changes a name of at most `size` bytes in place. Returns how many it has in the packet; -1: it is
 * not complete, not one of labels alone, or its text would look like another name. */
static __always_inline int name_to_text(char *text, __u32 size)
{
    __u32 left = 0; /* of the label */

    for (__u32 i = 0; i < NAME_MAX; i++) {
        __u8 byte;

        __asm__ volatile("" : "+r"(i)); /* keeps it an index that the verifier can follow */
        if (i >= size)
            return -1;
        byte = text[i & (NAME_ROOM - 1)];
        if (left == 0) {
            if (byte == 0)
                return i + 1;
            if (byte > LABEL_MAX)
                return -1;
            left = byte;
            byte = '.';
        } else {
            if (byte == '.' || byte == 0)
                return -1;
            left--;
        }
        if (i > 0)
            text[(i - 1) & (NAME_ROOM - 1)] = byte;
    }
    return -1;
}

/* Returns where the name of the question ends in the packet; -1: it cannot be read. */
static __always_inline int read_question(const struct __sk_buff *skb, struct dns_event *event,
                                         const struct message *message)
{
    __u32 at = message->at + DNS_HEADER, size = message->length - DNS_HEADER;
    __be16 type;
    int used;

    if (message->header.questions != bpf_htons(1) || message->length <= DNS_HEADER)
        return -1;
    if (size > NAME_MAX)
        size = NAME_MAX;
    __asm__ volatile("" : "+r"(size)); /* keeps the mask, which bounds it for the verifier */
    size = ((size - 1) & (NAME_ROOM - 1)) + 1;
    if (bpf_skb_load_bytes(skb, at, event->texts, size))
        return -1;
    used = name_to_text(event->texts, size);
    if (used < 0 || bpf_skb_load_bytes(skb, at + used, &type, sizeof(type)))
        return -1;
    event->type = bpf_ntohs(type);
    event->name.offset = offsetof(struct dns_event, texts);
    event->name.length = used > 1 ? used - 2 : 0; /* without the first length and the end */
    return at + used;
}

static __always_inline int fill_question(const struct __sk_buff *skb, struct dns_event *event,
                                         const struct message *message)
{
    int end = read_question(skb, event, message);

    event->malformed = end < 0;
    if (end >= 0)
        return end;
    event->type = 0;
    event->name.offset = RINGMILL_NO_TEXT;
    event->name.length = 0;
    return end;
}

/* Where a name ends that begins there: mostly it is a pointer. 0: it is too long. */
static __always_inline __u32 skip_name(const struct __sk_buff *skb, __u32 at)
{
    for (int i = 0; i < LABELS_MAX; i++) {
        __u8 length;

        if (bpf_skb_load_bytes(skb, at, &length, sizeof(length)))
            return 0;
        if (length >= POINTER_BITS)
            return at + 2;
        at += 1 + length;
        if (length == 0)
            return at;
        if (length > LABEL_MAX)
            return 0;
    }
    return 0;
}

struct record_head {
    __be16 type;
    __be16 class;
    __be16 ttl[2];
    __be16 length;
};

/* Of a record of the answer at `at`, if it is an address. 0, or -1: no room, or it is cut off. */
static __always_inline int take_address(const struct __sk_buff *skb, __u32 at,
                                        const struct record_head *head, struct dns_event *event)
{
    __u32 count = event->address_count;
    _Bool is_v4 = head->type == bpf_htons(A) && head->length == bpf_htons(4);
    _Bool is_v6 = head->type == bpf_htons(AAAA) && head->length == bpf_htons(16);
    struct in6_addr *address;
    __be32 v4;

    if (!is_v4 && !is_v6)
        return 0;
    if (count >= ADDRESSES_MAX)
        return -1;
    address = &event->addresses[count & (ADDRESSES_MAX - 1)];
    if (is_v4) {
        if (bpf_skb_load_bytes(skb, at, &v4, sizeof(v4)))
            return -1;
        socket_fill_mapped(address, v4);
    } else if (bpf_skb_load_bytes(skb, at, address, sizeof(*address))) {
        return -1;
    }
    event->address_count = count + 1;
    return 0;
}

/* at: where the first record of the answer begins. */
static __always_inline void read_addresses(const struct __sk_buff *skb, struct dns_event *event,
                                           __u32 at)
{
    for (__u32 i = 0; i < RECORDS_MAX; i++) {
        struct record_head head;

        if (i >= event->answers)
            return;
        at = skip_name(skb, at);
        if (!at || bpf_skb_load_bytes(skb, at, &head, sizeof(head)))
            break;
        at += sizeof(head);
        if (take_address(skb, at, &head, event))
            break;
        at += bpf_ntohs(head.length);
    }
    event->addresses_truncated = event->answers > 0;
}

static __always_inline void fill_header(struct dns_event *event, const struct message *message)
{
    const struct dns_header *header = &message->header;

    event->direction = message->direction;
    event->ip_proto = message->protocol;
    event->kind = header->flags & DNS_FLAG_ANSWER ? ANSWER : QUERY;
    event->id = bpf_ntohs(header->id);
    event->answers = bpf_ntohs(header->answers);
    event->rcode = header->rcode & 15;
    event->truncated = (header->flags & DNS_FLAG_TRUNCATED) != 0;
}

static __always_inline __u64 hash_of(const struct dns_event *event, const struct message *message)
{
    const __u32 *peer = event->daddr.s6_addr32;
    __u64 hash = recent_mix(recent_seed(), message->cookie);

    hash = recent_mix(hash, (__u64)peer[0] << 32 | peer[1]);
    hash = recent_mix(hash, (__u64)peer[2] << 32 | peer[3]);
    return recent_mix(hash, (__u32)event->dport << 16 | event->id) | 1;
}

/* A query is noted; an answer has the time since its query. */
static __always_inline void match(struct dns_event *event, const struct message *message)
{
    __u64 hash = hash_of(event, message);
    struct recent_set *set = recent_set_of(hash, queries);
    struct recent *asked = set ? recent_find(set, hash) : NULL;

    event->matched = 0;
    event->latency_ns = 0;
    event->displaced = 0;
    if (event->kind == QUERY && asked) {
        asked->time = message->now;
    } else if (event->kind == QUERY && set) {
        event->displaced = recent_enter(set, hash, message->now, QUERY_IDLE_NS);
    } else if (asked) {
        event->matched = 1;
        event->latency_ns = message->now - asked->time;
        asked->hash = 0;
        asked->time = 0;
    }
}

/* ---- the programs ---------------------------------------------------------------------------- */

static __always_inline void fill_ends(const struct __sk_buff *skb, struct dns_event *event,
                                      const struct message *message)
{
    packet_fill_ends(SOCKET_FIELDS(event), skb, &message->ports, message->direction);
}

/* 0, or -1: it is not taken for a message. A function of its own, which the verifier looks at once
 * and not for each message of a segment. */
__noinline int write_event(struct __sk_buff *skb, const struct message *message)
{
    const struct process_fields *owner;
    const struct sock *sock;
    struct dns_event *event;
    int end;

    if (!message)
        return 0;
    sock = packet_socket(skb);
    owner = packet_owner(skb, sock, message->protocol, message->direction);
    if (!packet_is_wanted(owner, sock))
        return 0;
    event = ringmill_reserve(events, DNS_RECORD);
    if (!event)
        return 0;
    event->ktime = message->now;
    event->pid_known = owner != NULL;
    packet_fill_process(PROCESS_FIELDS(event), owner, sock);
    fill_ends(skb, event, message);
    fill_header(event, message);
    event->address_count = 0;
    event->addresses_truncated = 0;
    end = fill_question(skb, event, message);
    if (end < 0 && !message->certain) {
        ringmill_discard(event);
        return -1;
    }
    match(event, message);
    if (end >= 0 && event->kind == ANSWER)
        read_addresses(skb, event, end + QUESTION_REST);
    ringmill_submit(event);
    return 0;
}

static __always_inline int load_header(const struct __sk_buff *skb, struct message *message)
{
    return bpf_skb_load_bytes(skb, message->at, &message->header, DNS_HEADER);
}

static __always_inline void note_datagram(struct __sk_buff *skb, struct message *message)
{
    message->at += UDP_HEADER;
    message->length = skb->len - message->at;
    message->certain = 1;
    if (!load_header(skb, message))
        write_event(skb, message);
}

/* One message, which begins in the segment at message->at, or whose length does. Returns whether
 * another one can follow. */
static __always_inline _Bool note_next(struct __sk_buff *skb, struct message *message,
                                       struct dns_stream *stream, __u32 end)
{
    __u32 length = dns_stream_length(skb, stream, &message->at), at = message->at;

    if (length < DNS_HEADER)
        goto lost;
    if (at == end) {
        stream->has_length = 1;
        stream->length = length;
        return 0;
    }
    message->length = length < end - at ? length : end - at;
    message->certain = stream->certain;
    if (load_header(skb, message)) {
        if (!stream->certain)
            goto lost;
    } else if (write_event(skb, message) < 0) {
        goto lost;
    }
    stream->certain = 1;
    message->at = at + length;
    return message->at < end;
lost:
    stream->known = 0;
    return 0;
}

static __always_inline void note_segment(struct __sk_buff *skb, struct message *message)
{
    struct dns_segment segment;
    struct dns_stream *stream;
    __u32 begin;

    if (dns_segment_read(skb, message->at, &segment) < 0)
        return;
    stream = dns_stream_of(skb, message->direction);
    begin = stream ? dns_stream_begin(stream, &segment) : 0;
    if (!begin)
        return;
    message->at = begin;
    stream->known = 1;
    for (int i = 0; i < MESSAGES_MAX; i++)
        if (!note_next(skb, message, stream, segment.end))
            break;
    stream->next = segment.sequence + (message->at - segment.begin);
}

static __always_inline int note_packet(struct __sk_buff *skb, enum direction direction)
{
    struct message message = {.direction = direction};

    message.protocol = packet_protocol(skb, &message.at);
    if (message.protocol != PROTOCOL_UDP && message.protocol != PROTOCOL_TCP)
        return LET_PASS;
    if (packet_read_ports(skb, message.at, &message.ports) || !has_dns_port(&message.ports))
        return LET_PASS;
    message.now = bpf_ktime_get_ns();
    message.cookie = bpf_get_socket_cookie((void *)skb);
    if (message.protocol == PROTOCOL_UDP)
        note_datagram(skb, &message);
    else
        note_segment(skb, &message);
    return LET_PASS;
}

SEC("cgroup_skb/egress")
int ringmill_sent(struct __sk_buff *skb)
{
    return note_packet(skb, OUTGOING);
}

SEC("cgroup_skb/ingress")
int ringmill_received(struct __sk_buff *skb)
{
    return note_packet(skb, INCOMING);
}

/* Who asks by TCP, whose packets do not say it. */
static __always_inline int note_connect(struct bpf_sock_addr *address)
{
    if (address->sk && address->user_port == bpf_htons(DNS_PORT))
        packet_own(address->sk);
    return LET_PASS;
}

SEC("cgroup/connect4")
int ringmill_connect4(struct bpf_sock_addr *address)
{
    return note_connect(address);
}

SEC("cgroup/connect6")
int ringmill_connect6(struct bpf_sock_addr *address)
{
    return note_connect(address);
}

/* Who serves, before the first answer; by TCP, the sockets that are accepted inherit it. */
static __always_inline int note_bind(struct bpf_sock *sock)
{
    if (sock->src_port == DNS_PORT)
        packet_own(sock);
    return LET_PASS;
}

SEC("cgroup/post_bind4")
int ringmill_bind4(struct bpf_sock *sock)
{
    return note_bind(sock);
}

SEC("cgroup/post_bind6")
int ringmill_bind6(struct bpf_sock *sock)
{
    return note_bind(sock);
}

static __always_inline _Bool is_for_dns(const struct sock *sock)
{
    const struct inet_sock *inet = (const void *)sock;
    __be16 port = 0;

    if (!is_of_internet(sock, PROTOCOL_UDP) && !is_of_internet(sock, PROTOCOL_TCP))
        return 0;
    bpf_core_read(&port, sizeof(port), &inet->inet_sport);
    return port == bpf_htons(DNS_PORT) || sock->__sk_common.skc_dport == bpf_htons(DNS_PORT);
}

/* For those that are older than the source: run once. */
SEC("iter/task_file")
int ringmill_older(struct bpf_iter__task_file *context)
{
    const struct task_struct *task = context->task;
    const struct sock *sock = open_socket(context->file);

    if (task && sock && is_for_dns(sock))
        packet_own_older(sock, task);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
