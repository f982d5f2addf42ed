// SPDX-License-Identifier: Apache-2.0

/* Uses the native protocol of the journal over its socket, not sd_journal_sendv(): that function
 * returns success when nobody listens, so lost events would count as delivered, and it sends events
 * one by one. An event has at most 64 KiB, so it always fits a datagram and needs no file.
 *
 * journald takes the sender's identity from the kernel; the fields that it adds (_PID, _COMM,
 * _SYSTEMD_UNIT, ...) are those of the daemon. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "encode/journal.h"
#include "sink/sink_kinds.h"
#include "sink/socket_sink.h"

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
    struct socket_sink socket;
    char head[DATAGRAM_HEAD_MAX]; /* PRIORITY and SYSLOG_IDENTIFIER */
    uint32_t n_head;
};

static uint32_t put_head(void *data, char out[DATAGRAM_HEAD_MAX])
{
    const struct journal_sink *sink = data;

    memcpy(out, sink->head, sink->n_head);
    return sink->n_head;
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
    sink->socket.datagram.head = put_head;
    sink->socket.datagram.head_data = sink;
}

static int journal_open(const void *config, const struct sink_options *options, struct error *error,
                        struct sink **ret)
{
    const struct journal_config *bound = config;
    struct socket_sink *sink;
    struct endpoint endpoint;
    int result = endpoint_unix(&endpoint, SOCK_DGRAM, bound->path, error);

    if (result == 0)
        result = socket_sink_new(sizeof(struct journal_sink), &sink_journal, &endpoint,
                                 options->framing, 0, error, &sink);
    if (result < 0)
        return result;
    make_head((struct journal_sink *)sink, bound);
    *ret = &sink->base;
    return 0;
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
    .write = socket_sink_write,
    .tend = socket_sink_tend,
    .watch = socket_sink_watch,
    .rows = socket_sink_rows,
    .close = socket_sink_close,
};
