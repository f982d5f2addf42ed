// SPDX-License-Identifier: Apache-2.0

/* The option tables of the main thread's own sections. Each is bound by itself, so that a section
 * that is left out means its defaults. */

#include "control/control_config.h"

#include <event2/util.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

struct socket_config {
    const char *socket;
    const char *listen;
    struct setting_texts hosts;
};

static const struct setting socket_settings[] = {
    {
        .name = "socket",
        .type = SETTING_PATH,
        .offset = offsetof(struct socket_config, socket),
        .doc = "the path of the unix socket; " CONTROL_SOCKET_DEFAULT " by default",
    },
    {
        .name = "listen",
        .type = SETTING_NAME,
        .offset = offsetof(struct socket_config, listen),
        .doc = "a loopback address and port for read-only requests, such as 127.0.0.1:9464",
    },
    {
        .name = "hosts",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct socket_config, hosts),
        .doc = "host names allowed in requests there; addresses and localhost are always allowed",
    },
    {0},
};

static const struct setting health_settings[] = {
    {
        .name = "stuck_after",
        .type = SETTING_DURATION,
        .offset = offsetof(struct health_limits, stuck_after),
        .minimum = 1000000,
        .fallback = "10s",
        .doc = "how long records may wait unread, or a batch may take",
    },
    {
        .name = "busy_head",
        .type = SETTING_DURATION,
        .offset = offsetof(struct health_limits, busy_head),
        .minimum = 1000000,
        .fallback = "10s",
        .doc = "how long a BPF program may keep a record reserved",
    },
    {
        .name = "sink_grace",
        .type = SETTING_DURATION,
        .offset = offsetof(struct health_limits, sink_grace),
        .minimum = 1000000,
        .fallback = "30s",
        .doc = "how long a sink with waiting events may accept none",
    },
    {
        .name = "max_loss_rate",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct health_limits, max_loss_rate),
        .minimum = 0,
        .maximum = INT64_MAX,
        .fallback = "100",
        .doc = "the number of lost records per second that is still healthy, over ten seconds",
    },
    {0},
};

struct log_config {
    int level;
};

static const struct setting_choice log_levels[] = {
    {"error", LOG_LEVEL_ERROR},
    {"warning", LOG_LEVEL_WARNING},
    {"info", LOG_LEVEL_INFO},
    {"debug", LOG_LEVEL_DEBUG},
    {0},
};

static const struct setting log_settings[] = {
    {
        .name = "level",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct log_config, level),
        .fallback = "info",
        .choices = log_levels,
        .doc = "the lowest level of log lines that are written",
    },
    {0},
};

static bool is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET)
        return ntohl(four->sin_addr.s_addr) >> 24 == 127 && four->sin_port != 0;
    return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) && six->sin6_port != 0;
}

static void check_listen(const struct config_node *node, struct diag *diag)
{
    struct sockaddr_storage address;
    int length = sizeof(address);

    if (evutil_parse_sockaddr_port(node->text, (struct sockaddr *)&address, &length) < 0 ||
        !is_loopback(&address))
        diag_add(diag, node,
                 "expected a loopback address and a port, such as 127.0.0.1:9464 or [::1]:9464");
}

static void check_socket(const struct config_node *node, const char *path, struct diag *diag)
{
    const size_t limit = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (strlen(path) > limit)
        diag_add(diag, node, "a socket path can have at most %zu bytes, found %zu", limit,
                 strlen(path));
}

void control_options_default(struct control_options *options)
{
    memset(options, 0, sizeof(*options));
    setting_defaults(health_settings, &options->health);
    options->log_level = LOG_LEVEL_INFO;
}

void control_options_bind(const struct config_node *root, struct diag *diag,
                          struct control_options *ret_options)
{
    const struct config_node *control = config_map_get(root, "control");
    const struct config_node *health = config_map_get(root, "health");
    const struct config_node *log = config_map_get(root, "log");
    struct socket_config sockets = {0};
    struct log_config level;

    control_options_default(ret_options);
    if (control && setting_bind(socket_settings, control, &sockets, diag) == 0) {
        if (sockets.socket)
            check_socket(config_map_get(control, "socket"), sockets.socket, diag);
        if (sockets.listen)
            check_listen(config_map_get(control, "listen"), diag);
    }
    if (health)
        setting_bind(health_settings, health, &ret_options->health, diag);
    if (log && setting_bind(log_settings, log, &level, diag) == 0)
        ret_options->log_level = (enum log_level)level.level;
    ret_options->socket_is_default = !sockets.socket;
    ret_options->socket = sockets.socket ? sockets.socket : CONTROL_SOCKET_DEFAULT;
    ret_options->listen = sockets.listen;
    ret_options->hosts = sockets.hosts;
}
