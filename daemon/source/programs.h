// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The settings of the programs of an object: which are loaded, which may be missing, and where to
 * attach those whose section name does not say it. */

#include <stdbool.h>

#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

struct object;

enum { PROGRAM_NEEDS_MAX = 1024 };

struct object_program;

/* Writes which arguments a program lacks, as in "interface", and "direction". False: none. */
bool program_needs(const struct object_program *program, char needs[PROGRAM_NEEDS_MAX]);

struct programs_config {
    struct setting_texts programs; /* none: all but those of SEC("?...") */
    struct setting_texts optional;
    const struct config_node *attach; /* NULL: none */
    const struct config_node
        *node; /* where messages go about programs without settings of their own */
};

/* Fills the object's programs. `attach:` is a map by program; what is in it by itself, as in
 * {interface: eth0}, is for all programs that lack it. 0, or -EINVAL after at least one message. */
int programs_choose(struct object *object, const struct programs_config *config, struct diag *diag);
