// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config says about an object's programs: which are loaded, which may be missing, and where
 * those are attached that do not say it themselves. */

#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

struct object;

struct programs_config {
    struct setting_texts programs; /* none: all */
    struct setting_texts optional;
    const struct config_node *attach; /* NULL: none */
    const struct config_node *node;   /* for messages about programs that nothing is said of */
};

/* Fills the object's programs. `attach:` is a map by program; what stands in it by itself, as in
 * {interface: eth0}, is for all programs that lack it. 0, or -EINVAL after at least one message. */
int programs_choose(struct object *object, const struct programs_config *config, struct diag *diag);
