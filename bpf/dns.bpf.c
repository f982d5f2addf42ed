// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per DNS message on port 53 that a socket of this machine sends or gets: queries and
 * answers, of those that ask and of those that serve. By UDP all of them; by TCP those that begin
 * at the start of a segment, as nearly all do.
 *
 * An answer has the latency since its query, if that was seen: `pending` remembers queries by the
 * socket, the peer and the id.
 *
 * Of the question, the name is copied from the packet and then changed in place. Each label has its
 * length before it; that byte becomes the dot, and the text is the name one byte earlier:
 *
 *     packet  | 3 w w w 7 e x a m p l e 0 | type | class |
 *     text    | w w w . e x a m p l e |
 */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "packet.bpf.h"

enum {
    DNS_PORT = 53,
    DNS_HEADER = 12,
    NAME_MAX = 255,      /* bytes of a name in a packet, its end included */
    LABEL_MAX = 63,      /* more: a pointer to another name, which no question has */
    NAME_ROOM = 256,     /* for the verifier: a power of two */
    PENDING_MAX = 16384, /* queries without an answer; the least used go first */
};

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

struct pending_key {
    __u64 cookie;
    struct in6_addr peer;
    __u16 port;
    __u16 id;
    __u32 zero;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, PENDING_MAX);
    __type(key, struct pending_key);
    __type(value, __u64); /* ktime of the query */
} pending SEC(".maps");

struct message {
    struct dns_header header;
    struct ports ports;
    __u8 protocol;
    __u32 at;     /* where it begins in the packet */
    __u32 length; /* as far as it is in this packet */
    __u64 cookie; /* of the socket */
    __u64 now;
    enum direction direction;
};

/* ---- where it is ----------------------------------------------------------------------------- */

static __always_inline _Bool has_dns_port(const struct ports *ports)
{
    return ports->source == bpf_htons(DNS_PORT) || ports->destination == bpf_htons(DNS_PORT);
}

/* Where the payload of a TCP segment begins, and the message after its length; 0: not here. */
static __always_inline __u32 tcp_message(const struct __sk_buff *skb, __u32 at)
{
    enum { TCP_WORDS = 12 };
    __u8 words = 0;
    __be16 length = 0;

    bpf_skb_load_bytes(skb, at + TCP_WORDS, &words, sizeof(words));
    at += (words >> 4) * 4;
    if (bpf_skb_load_bytes(skb, at, &length, sizeof(length)) || bpf_ntohs(length) < DNS_HEADER)
        return 0;
    return at + sizeof(length);
}

/* 0, or -1: this packet has no message. */
static __always_inline int find_message(const struct __sk_buff *skb, struct message *message)
{
    __u32 at = 0;

    message->protocol = packet_protocol(skb, &at);
    if (message->protocol != PROTOCOL_UDP && message->protocol != PROTOCOL_TCP)
        return -1;
    if (packet_read_ports(skb, at, &message->ports) || !has_dns_port(&message->ports))
        return -1;
    message->at = message->protocol == PROTOCOL_UDP ? at + UDP_HEADER : tcp_message(skb, at);
    if (!message->at || bpf_skb_load_bytes(skb, message->at, &message->header, DNS_HEADER))
        return -1;
    message->length = skb->len - message->at;
    return 0;
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
    return 0;
}

static __always_inline void fill_question(const struct __sk_buff *skb, struct dns_event *event,
                                          const struct message *message)
{
    event->malformed = read_question(skb, event, message) < 0;
    if (!event->malformed)
        return;
    event->type = 0;
    event->name.offset = RINGMILL_NO_TEXT;
    event->name.length = 0;
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

/* A query is noted; an answer has the time since its query. */
static __always_inline void match(struct dns_event *event, const struct message *message)
{
    struct pending_key key = {
        .cookie = message->cookie,
        .peer = event->daddr,
        .port = event->dport,
        .id = event->id,
    };
    const __u64 *asked;

    event->matched = 0;
    event->latency_ns = 0;
    if (event->kind == QUERY) {
        bpf_map_update_elem(&pending, &key, &message->now, BPF_ANY);
        return;
    }
    asked = bpf_map_lookup_elem(&pending, &key);
    if (!asked)
        return;
    event->matched = 1;
    event->latency_ns = message->now - *asked;
    bpf_map_delete_elem(&pending, &key);
}

/* ---- the programs ---------------------------------------------------------------------------- */

static __always_inline void write_event(const struct __sk_buff *skb, const struct message *message)
{
    const struct sock *sock = packet_socket(skb);
    const struct process_fields *owner =
        packet_owner(sock, message->cookie, message->protocol, message->direction);
    struct dns_event *event;

    if (!packet_is_wanted(owner, sock))
        return;
    event = ringmill_reserve(events, DNS_RECORD);
    if (!event)
        return;
    event->ktime = message->now;
    event->pid_known = owner != NULL;
    packet_fill_process(PROCESS_FIELDS(event), owner, sock);
    packet_fill_ends(SOCKET_FIELDS(event), skb, &message->ports, message->direction);
    fill_header(event, message);
    match(event, message);
    fill_question(skb, event, message);
    ringmill_submit(event);
}

static __always_inline int note_packet(const struct __sk_buff *skb, enum direction direction)
{
    struct message message = {.direction = direction};

    if (find_message(skb, &message) < 0)
        return LET_PASS;
    message.now = bpf_ktime_get_ns();
    message.cookie = bpf_get_socket_cookie((void *)skb);
    write_event(skb, &message);
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
    if (address->user_port == bpf_htons(DNS_PORT))
        packet_own(bpf_get_socket_cookie(address));
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

/* Who serves, before the first answer. */
static __always_inline int note_bind(struct bpf_sock *sock)
{
    if (sock->src_port == DNS_PORT)
        packet_own(bpf_get_socket_cookie(sock));
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

char LICENSE[] SEC("license") = "Dual BSD/GPL";
