// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What an entry of the config says, and what it refers to, as one text: two entries with the same
 * text mean the same, so that a reload can leave alone what was made of the first. Where they
 * are, comments and spaces are not in it. */

#include "config/node.h"

enum identity_kind {
    IDENTITY_SOURCE,   /* with the state of the files that it names */
    IDENTITY_SINK,     /* only what it says: its files are its own work */
    IDENTITY_PIPELINE, /* with files, the `defs:` that it uses, and all `plugins:` */
};

/* The caller frees it. NULL when out of memory. */
char *canonical_text_new(const struct config_node *entry, enum identity_kind kind);
