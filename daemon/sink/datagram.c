// SPDX-License-Identifier: Apache-2.0

/* A datagram arrives whole or not at all, and the sender never learns which, so nothing is kept to
 * be sent again. If nobody listens, the next send fails with ECONNREFUSED (the peer's host reports
 * it); then the sink reconnects, which looks the name up again. */

#include "sink/datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>

enum {
    UDP_HEADERS = 48, /* bytes of an IPv6 and a UDP header: right for IPv4, too, by 20 to spare */
    UDP_MAX = 65507,  /* bytes of the largest UDP datagram over IPv4 */
    MTU_LEAST = 1280, /* the minimum MTU of IPv6 */
};

struct outgoing {
    struct mmsghdr messages[DATAGRAM_BATCH];
    struct iovec parts[DATAGRAM_BATCH][2];
    char heads[DATAGRAM_BATCH][DATAGRAM_HEAD_MAX];
    size_t ends[DATAGRAM_BATCH]; /* where each event ends in the bytes given */
    uint32_t count;
};

static uint32_t largest(const struct datagram *datagram)
{
    int mtu = 0;
    socklen_t length = sizeof(mtu);
    uint32_t path;

    if (datagram->connection.endpoint.path)
        return DATAGRAM_UNIX_MAX;
    if (getsockopt(datagram->connection.fd, IPPROTO_IP, IP_MTU, &mtu, &length) < 0 &&
        getsockopt(datagram->connection.fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &length) < 0)
        mtu = MTU_LEAST;
    path = (uint32_t)mtu - UDP_HEADERS < UDP_MAX ? (uint32_t)mtu - UDP_HEADERS : UDP_MAX;
    return datagram->largest > 0 && datagram->largest < path ? datagram->largest : path;
}

static void add_message(struct datagram *datagram, struct outgoing *outgoing, const char *event,
                        size_t length, size_t end)
{
    uint32_t i = outgoing->count++;
    struct iovec *parts = outgoing->parts[i];
    uint32_t head = datagram->head ? datagram->head(datagram->head_data, outgoing->heads[i]) : 0;

    parts[0] = (struct iovec){outgoing->heads[i], head};
    parts[1] = (struct iovec){(void *)event, length};
    outgoing->messages[i] = (struct mmsghdr){
        .msg_hdr = {.msg_iov = head ? parts : parts + 1, .msg_iovlen = head ? 2 : 1}};
    outgoing->ends[i] = end;
}

/* Gathers the next events for one call, up to one that is too long. Returns the bytes of the too
 * long events at the front, if there are any: then nothing was gathered. */
static size_t gather(struct datagram *datagram, const char *bytes, size_t size,
                     struct outgoing *outgoing, uint32_t *too_long)
{
    enum framing framing = datagram->connection.framing;
    uint32_t most = largest(datagram) - (datagram->head ? DATAGRAM_HEAD_MAX : 0);
    size_t at = 0, length;

    outgoing->count = 0;
    while (outgoing->count < DATAGRAM_BATCH &&
           (length = framing_next(framing, bytes + at, size - at)) > 0) {
        size_t inner = length;
        const char *event = framing_strip(framing, bytes + at, &inner);

        if (inner > most && outgoing->count > 0)
            break;
        at += length;
        if (inner > most)
            *too_long += 1;
        else if (*too_long > 0)
            return at - length;
        else
            add_message(datagram, outgoing, event, inner, at);
    }
    return *too_long > 0 ? at : 0;
}

static int fail(struct datagram *datagram, int code)
{
    if (code == EINTR)
        return -EINTR;
    error_set(&datagram->connection.why, -code, "cannot send: %s", strerror(code));
    connection_close(&datagram->connection);
    return -code;
}

static enum sink_state refuse(struct datagram *datagram, size_t bytes, uint32_t events,
                              struct sink_outcome *outcome)
{
    counter_add(&datagram->too_long, events);
    outcome->taken = bytes;
    outcome->refused = events;
    outcome->why = "they exceeded the maximum message length; see too_long";
    return SINK_REFUSED;
}

enum sink_state datagram_write(struct datagram *datagram, const char *bytes, size_t size,
                               struct sink_outcome *outcome)
{
    const char *why = datagram->connection.why.text;
    struct outgoing outgoing;
    uint32_t too_long = 0;
    size_t refused;
    int result = connection_open(&datagram->connection);

    if (result < 0)
        return sink_written(outcome, result, why);
    refused = gather(datagram, bytes, size, &outgoing, &too_long);
    if (refused > 0)
        return refuse(datagram, refused, too_long, outcome);
    result = sendmmsg(datagram->connection.fd, outgoing.messages, outgoing.count, MSG_NOSIGNAL);
    if (result > 0) {
        counter_add(&datagram->sent, (uint64_t)result);
        outcome->taken = outgoing.ends[result - 1];
        return SINK_ACCEPTED;
    }
    if (errno == EMSGSIZE) /* the path MTU has just become smaller */
        return refuse(datagram, outgoing.ends[0], 1, outcome);
    return sink_written(outcome, fail(datagram, errno), why);
}

void datagram_rows(const struct datagram *datagram, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"sent", "datagrams", ROW_COUNT, "Datagrams accepted by the kernel"},
        {"too_long", "", ROW_COUNT, "Events dropped because they were too long for a datagram"},
    };

    connection_rows(&datagram->connection, emit, data);
    emit(data, &rows[0], counter_get(&datagram->sent));
    emit(data, &rows[1], counter_get(&datagram->too_long));
}
