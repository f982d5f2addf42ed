// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The sections `control:`, `health:` and `log:` of a config. */

#include <stdint.h>

#include "base/log.h"
#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

#define CONTROL_SOCKET_DEFAULT "/run/ringmill/control.sock"

struct health_limits {
    uint64_t stuck_after;  /* ns that waiting records may lie there, or a handler may take */
    uint64_t busy_head;    /* ns that a record may be reserved and not submitted */
    uint64_t sink_grace;   /* ns that a sink may take nothing */
    int64_t max_loss_rate; /* lost records a second, over HEALTH_LOSS_SECONDS */
};

struct control_options {
    const char *socket; /* path; NULL: none */
    bool socket_is_default;
    struct setting_texts hosts; /* names that a request on TCP may be sent to */
    const char *listen;         /* "127.0.0.1:9464" or "[::1]:9464"; NULL: no TCP */
    struct health_limits health;
    enum log_level log_level;
};

/* What holds without a config: no socket, the default limits. */
void control_options_default(struct control_options *options);

/* Binds the sections that the root of a config has; the default socket unless it names one. Texts
 * live as long as the tree. All mistakes are in diag. */
void control_options_bind(const struct config_node *root, struct diag *diag,
                          struct control_options *ret_options);
