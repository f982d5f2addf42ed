// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The settings of one ring, or one map of rings: the types of its records, how they are told apart
 * and ordered, and how lost ones are counted. The keys are below the name of the ring in `rings:`,
 * or, for a source with one ring, at the source itself. */

#include <stdbool.h>
#include <stdint.h>

#include "config/diag.h"
#include "config/node.h"
#include "config/setting.h"

#define RING_SIZE_MIN INT64_C(4096)      /* the smallest page of any machine */
#define RING_SIZE_MAX (INT64_C(2) << 30) /* the kernel's own limit */

struct meaning_choice;

struct ring_config {
    const char *type;
    const char *select;
    const struct config_node *types;
    const struct config_node *as;
    const char *types_from;
    const char *layout;
    const char *lost;
    const char *sequence;
    const char *order;
    uint64_t hold;      /* ns */
    uint64_t ring_size; /* bytes; 0: not changed */

    const struct config_node *node; /* the map that has these keys; set by its owner */
    /* Meanings that a built-in source gives instead of `as`; ended by one without a path. */
    const struct meaning_choice *meanings;
    bool is_own; /* it is of this ring alone, below its name; set so, too */
};

extern const struct setting ring_settings[];

/* Where a message about a key goes: its value, or the map itself if the key is missing. */
const struct config_node *ring_config_at(const struct ring_config *config, const char *key);

/* Checks what does not depend on the ring. node must be set. 0, or -EINVAL after messages. */
int ring_config_check(const struct ring_config *config, struct diag *diag);
