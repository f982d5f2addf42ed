// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The settings of a source that is kept when the process ends. Their keys are at the source. */

#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

#define KEEP_PIN_FOLDER "/sys/fs/bpf/ringmill"

struct kept_store;
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
const struct kept_store *keep_store(const struct keep_config *config);

/* Sets the fields of the source that follow from these settings. */
void keep_enter(const struct keep_config *config, struct source *source);

/* Checks that every program to be attached can be kept. node is the source's. 0, or -EINVAL after
 * at least one message. */
int keep_check(const struct keep_config *config, const struct object *object,
               const struct config_node *node, struct diag *diag);
