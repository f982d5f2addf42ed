// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config says about a source that is to outlive the process. The keys stand at the source.
 */

#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

#define KEEP_PIN_FOLDER "/sys/fs/bpf/ringmill"

struct vault;
struct object;
struct source;

enum keep_mode { KEEP_NONE, KEEP_FDSTORE, KEEP_PIN };
enum keep_on_change { KEEP_FRESH, KEEP_REFUSE };

struct keep_config {
    int mode;      /* enum keep_mode */
    int on_change; /* enum keep_on_change */
    const char *pin_folder;
};

extern const struct setting keep_settings[];

/* NULL: nothing is to be kept. */
const struct vault *keep_vault(const struct keep_config *config);

/* Enters into the source what others are to know of it. */
void keep_enter(const struct keep_config *config, struct source *source);

/* Whether all that is to be attached can be kept. node is the source's. 0, or -EINVAL after at
 * least one message. */
int keep_check(const struct keep_config *config, const struct object *object,
               const struct config_node *node, struct diag *diag);
