// SPDX-License-Identifier: Apache-2.0

/* Uses the native protocol of the journal over its socket, not sd_journal_sendv(): that function
 * returns success when nobody listens, so lost events would count as delivered, and it sends events
 * one by one. An event has at most 64 KiB, so it always fits a datagram and needs no file.
 *
 * journald takes the sender's identity from the kernel; the fields that it adds (_PID, _COMM,
 * _SYSTEMD_UNIT, ...) are those of the daemon. */

#include "sink/journal_sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "encode/journal.h"
#include "sink/datagram.h"

/* RFC 5424, table 2; the journal has the same */
static const struct setting_choice priority_choices[] = {
    {"emerg", 0},  {"alert", 1}, {"crit", 2},  {"err", 3}, {"warning", 4},
    {"notice", 5}, {"info", 6},  {"debug", 7}, {0},
};

struct journal_config {
    const char *path;
    int priority;
    const char *identifier;
};

static const struct setting journal_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct journal_config, path),
        .fallback = "/run/systemd/journal/socket",
        .doc = "socket of journald for native messages (each journal namespace has its own)",
    },
    {
        .name = "priority",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct journal_config, priority),
        .fallback = "info",
        .choices = priority_choices,
        .doc = "PRIORITY of all entries",
    },
    {
        .name = "identifier",
        .type = SETTING_TEXT,
        .offset = offsetof(struct journal_config, identifier),
        .minimum = 1,
        .maximum = 128,
        .fallback = "ringmill",
        .doc = "SYSLOG_IDENTIFIER of all entries, for journalctl -t",
    },
    {0},
};

struct journal_sink {
    struct sink base;
    struct datagram datagram;
    char head[DATAGRAM_HEAD_MAX]; /* PRIORITY and SYSLOG_IDENTIFIER */
    uint32_t n_head;
};

static uint32_t put_head(void *data, char out[DATAGRAM_HEAD_MAX])
{
    const struct journal_sink *sink = data;

    memcpy(out, sink->head, sink->n_head);
    return sink->n_head;
}

static void journal_close(struct sink *base)
{
    struct journal_sink *sink = (struct journal_sink *)base;

    if (!sink)
        return;
    connection_deinit(&sink->datagram.connection);
    free(sink);
}

static int journal_check(const void *config, enum framing framing, struct error *error,
                         const char **ret_key)
{
    const struct journal_config *bound = config;

    (void)framing;
    *ret_key = "identifier";
    if (strchr(bound->identifier, '\n'))
        return error_set(error, -EINVAL, "the identifier must not contain a line break");
    *ret_key = "path";
    return endpoint_check_unix(bound->path, error);
}

static void make_head(struct journal_sink *sink, const struct journal_config *config)
{
    sink->n_head =
        (uint32_t)snprintf(sink->head, sizeof(sink->head), "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n",
                           config->priority, config->identifier);
    sink->datagram.head = put_head;
    sink->datagram.head_data = sink;
}

static int journal_open(const void *config, const struct sink_options *options, struct error *error,
                        struct sink **ret)
{
    const struct journal_config *bound = config;
    struct journal_sink *sink = calloc(1, sizeof(*sink));
    struct endpoint endpoint;
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_journal;
    make_head(sink, bound);
    result = endpoint_unix(&endpoint, SOCK_DGRAM, bound->path, error);
    if (result == 0 &&
        connection_init(&sink->datagram.connection, &endpoint, options->framing, 0) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        journal_close(&sink->base);
        return result;
    }
    *ret = &sink->base;
    return 0;
}

static ssize_t journal_write(struct sink *base, const char *bytes, size_t size)
{
    struct journal_sink *sink = (struct journal_sink *)base;

    base->why = sink->datagram.connection.why.text;
    return datagram_write(&sink->datagram, bytes, size, &base->refused);
}

static int journal_tend(struct sink *base)
{
    struct journal_sink *sink = (struct journal_sink *)base;

    return connection_tend(&sink->datagram.connection, base);
}

static int journal_watch_fd(const struct sink *base)
{
    return ((const struct journal_sink *)base)->datagram.connection.fd;
}

static void journal_rows(const struct sink *base, row_emit emit, void *data)
{
    datagram_rows(&((const struct journal_sink *)base)->datagram, emit, data);
}

const struct sink_ops sink_journal = {
    .name = "journal",
    .doc = "the systemd journal, with one journal field for each field of the event",
    .settings = journal_settings,
    .config_size = sizeof(struct journal_config),
    .format = &journal_encoder_ops,
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = journal_check,
    .open = journal_open,
    .write = journal_write,
    .tend = journal_tend,
    .watch_fd = journal_watch_fd,
    .rows = journal_rows,
    .close = journal_close,
};
