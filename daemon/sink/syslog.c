// SPDX-License-Identifier: Apache-2.0

/* All events share one head except for its time, so the rest is made once, at open:
 *
 *     <134>1 2026-11-23T01:45:02.123456Z host ringmill 4711 - - {"time":...}
 *
 * The time is that of sending; the time of the event is in the event. Over TCP the framed copies
 * stay in our own buffer until the kernel has accepted them. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/sink_kinds.h"
#include "sink/socket_sink.h"

#define SYSLOG_PATH "/dev/log"

enum {
    SYSLOG_BUFFER = 512 * 1024, /* bytes of framed events that wait for the kernel */
    SYSLOG_NAME_MAX = 48,       /* RFC 5424's bound on APP-NAME */
    SYSLOG_TIME_LENGTH = 27,    /* 2026-11-23T01:45:02.123456Z: at most six digits are allowed */
};

enum syslog_transport { TRANSPORT_UNIX, TRANSPORT_UDP, TRANSPORT_TCP };

static const struct setting_choice transport_choices[] = {
    {"unix", TRANSPORT_UNIX},
    {"udp", TRANSPORT_UDP},
    {"tcp", TRANSPORT_TCP},
    {0},
};

/* RFC 5424, table 1 */
static const struct setting_choice facility_choices[] = {
    {"kern", 0},    {"user", 1},    {"mail", 2},      {"daemon", 3},
    {"auth", 4},    {"syslog", 5},  {"authpriv", 10}, {"local0", 16},
    {"local1", 17}, {"local2", 18}, {"local3", 19},   {"local4", 20},
    {"local5", 21}, {"local6", 22}, {"local7", 23},   {0},
};

/* RFC 5424, table 2 */
static const struct setting_choice severity_choices[] = {
    {"emerg", 0},  {"alert", 1}, {"crit", 2},  {"err", 3}, {"warning", 4},
    {"notice", 5}, {"info", 6},  {"debug", 7}, {0},
};

struct syslog_config {
    int transport;
    const char *address;
    const char *path;
    int facility;
    int severity;
    const char *app;
    uint64_t resend_max;
};

static const struct setting syslog_settings[] = {
    {
        .name = "transport",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct syslog_config, transport),
        .fallback = "unix",
        .choices = transport_choices,
        .doc = "transport protocol",
    },
    {
        .name = "address",
        .type = SETTING_NAME,
        .offset = offsetof(struct syslog_config, address),
        .doc = "host:port of the server; required for udp and tcp",
    },
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct syslog_config, path),
        .fallback = SYSLOG_PATH,
        .doc = "path of the local socket, for transport: unix",
    },
    {
        .name = "facility",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct syslog_config, facility),
        .fallback = "daemon",
        .choices = facility_choices,
        .doc = "facility of all messages",
    },
    {
        .name = "severity",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct syslog_config, severity),
        .fallback = "info",
        .choices = severity_choices,
        .doc = "severity of all messages",
    },
    {
        .name = "app",
        .type = SETTING_TEXT,
        .offset = offsetof(struct syslog_config, app),
        .minimum = 1,
        .maximum = SYSLOG_NAME_MAX,
        .fallback = "ringmill",
        .doc = "APP-NAME of all messages",
    },
    {
        .name = "resend_max",
        .type = SETTING_SIZE,
        .offset = offsetof(struct syslog_config, resend_max),
        .minimum = 0,
        .maximum = 1 << 30,
        .fallback = CONNECTION_RESEND_MAX,
        .doc = "TCP only: how much acknowledged data is kept, to be sent again after a reconnect",
    },
    {0},
};

struct syslog_sink {
    struct socket_sink socket;
    char before_time[8];                                         /* <134>1 and a space */
    char after_time[DATAGRAM_HEAD_MAX - SYSLOG_TIME_LENGTH - 8]; /* begins with a space */

    /* owned by the writer thread */
    char *buffer; /* TCP: framed events; NULL: not TCP */
    size_t n_buffer;
    size_t n_sent;   /* bytes of buffer that the kernel took */
    size_t n_framed; /* bytes passed to write() whose framed copies are in buffer */
};

static uint32_t put_head(void *data, char out[DATAGRAM_HEAD_MAX])
{
    const struct syslog_sink *sink = data;
    char time[CLOCK_RFC3339_LENGTH + 1];

    clock_format_rfc3339(clock_realtime(), time);
    return (uint32_t)snprintf(out, DATAGRAM_HEAD_MAX, "%s%.26sZ%s", sink->before_time, time,
                              sink->after_time);
}

static void syslog_close(struct sink *base)
{
    struct syslog_sink *sink = (struct syslog_sink *)base;

    if (!sink)
        return;
    free(sink->buffer);
    socket_sink_close(base);
}

static int make_endpoint(const struct syslog_config *config, struct error *error,
                         struct endpoint *ret_endpoint)
{
    if (config->transport == TRANSPORT_UNIX)
        return endpoint_unix(ret_endpoint, SOCK_DGRAM, config->path, error);
    return endpoint_inet(ret_endpoint,
                         config->transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM,
                         config->address, error);
}

/* A missing part is written as "-", the NILVALUE of RFC 5424. */
static void make_head(struct syslog_sink *sink, const struct syslog_config *config)
{
    char host[65] = "-";

    if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
        strcpy(host, "-");
    snprintf(sink->before_time, sizeof(sink->before_time), "<%d>1 ",
             config->facility * 8 + config->severity);
    snprintf(sink->after_time, sizeof(sink->after_time), " %s %s %d - - ", host, config->app,
             (int)getpid());
    sink->socket.datagram.head = put_head;
    sink->socket.datagram.head_data = sink;
}

static int check_app(const char *app, struct error *error)
{
    for (const char *at = app; *at; at++)
        if (*at <= ' ' || *at > '~')
            return error_set(
                error, -EINVAL,
                "\"%s\" is not a valid APP-NAME: use printable ASCII characters without spaces",
                app);
    return 0;
}

/* Refuses a key of the other transport: to ignore it would send events elsewhere. */
static int check_peer(const struct syslog_config *config, struct error *error, const char **ret_key)
{
    bool local = config->transport == TRANSPORT_UNIX;

    *ret_key = "path";
    if (!local && strcmp(config->path, SYSLOG_PATH) != 0)
        return error_set(
            error, -EINVAL,
            "path is only for transport: unix; with udp and tcp use address: HOST:PORT");
    if (local)
        *ret_key = config->address ? "address" : "path";
    if (local && config->address)
        return error_set(error, -EINVAL,
                         "address is only for transport: udp and tcp; with unix use path");
    if (local)
        return endpoint_check_unix(config->path, error);
    *ret_key = config->address ? "address" : NULL;
    return config->address
               ? endpoint_check_inet(config->address, error)
               : error_set(
                     error, -EINVAL,
                     "transport: udp and tcp need address, as in address: \"logs.example:514\"");
}

static int syslog_check(const void *config, enum framing framing, struct error *error,
                        const char **ret_key)
{
    const struct syslog_config *bound = config;
    int result;

    *ret_key = "format";
    if (framing != FRAMING_LINES)
        return error_set(error, -EINVAL,
                         "syslog carries only text; choose a text format, as in format: json");
    *ret_key = "app";
    result = check_app(bound->app, error);
    return result < 0 ? result : check_peer(bound, error, ret_key);
}

static int syslog_open(const void *config, const struct sink_options *options, struct error *error,
                       struct sink **ret)
{
    const struct syslog_config *bound = config;
    bool tcp = bound->transport == TRANSPORT_TCP;
    struct socket_sink *socket;
    struct syslog_sink *sink;
    struct endpoint endpoint;
    int result = make_endpoint(bound, error, &endpoint);

    (void)options;
    if (result == 0)
        result = socket_sink_new(sizeof(*sink), &sink_syslog, &endpoint,
                                 tcp ? FRAMING_COUNTED : FRAMING_LINES, bound->resend_max, error,
                                 &socket);
    if (result < 0)
        return result;
    sink = (struct syslog_sink *)socket;
    make_head(sink, bound);
    if (tcp && !(sink->buffer = malloc(SYSLOG_BUFFER))) {
        syslog_close(&socket->base);
        return error_set(error, -ENOMEM, "out of memory");
    }
    *ret = &socket->base;
    return 0;
}

/* Frames as many events as the buffer takes. */
static void fill_buffer(struct syslog_sink *sink, const char *bytes, size_t size)
{
    char head[DATAGRAM_HEAD_MAX];
    uint32_t head_length = put_head(sink, head);
    size_t length;

    sink->n_sent = sink->n_buffer = sink->n_framed = 0;
    while ((length = framing_next(FRAMING_LINES, bytes + sink->n_framed, size - sink->n_framed)) >
           0) {
        size_t inner = length - 1;

        if (sink->n_buffer + inner + DATAGRAM_HEAD_MAX + 16 > SYSLOG_BUFFER)
            return;
        sink->n_buffer +=
            (size_t)sprintf(sink->buffer + sink->n_buffer, "%zu %s", head_length + inner, head);
        memcpy(sink->buffer + sink->n_buffer, bytes + sink->n_framed, inner);
        sink->n_buffer += inner;
        sink->n_framed += length;
    }
}

/* After a failure the writer passes the same bytes again, so what is left in the buffer is the
 * framed copy of the first of these bytes. */
static enum sink_state write_counted(struct syslog_sink *sink, const char *bytes, size_t size,
                                     struct sink_outcome *outcome)
{
    if (sink->n_sent == sink->n_buffer)
        fill_buffer(sink, bytes, size);
    while (sink->n_sent < sink->n_buffer) {
        enum sink_state state =
            connection_write(&sink->socket.datagram.connection, sink->buffer + sink->n_sent,
                             sink->n_buffer - sink->n_sent, outcome);
        size_t sent = outcome->taken;

        outcome->taken = 0;
        if (sent == 0)
            return state;
        sink->n_sent += sent;
    }
    outcome->taken = sink->n_framed;
    return SINK_ACCEPTED;
}

static enum sink_state syslog_write(struct sink *base, const char *bytes, size_t size,
                                    struct sink_outcome *outcome)
{
    struct syslog_sink *sink = (struct syslog_sink *)base;

    return sink->buffer ? write_counted(sink, bytes, size, outcome)
                        : socket_sink_write(base, bytes, size, outcome);
}

const struct sink_ops sink_syslog = {
    .name = "syslog",
    .doc = "RFC 5424 messages, local or over UDP or TCP",
    .settings = syslog_settings,
    .config_size = sizeof(struct syslog_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = syslog_check,
    .open = syslog_open,
    .write = syslog_write,
    .tend = socket_sink_tend,
    .watch = socket_sink_watch,
    .rows = socket_sink_rows,
    .close = syslog_close,
};
