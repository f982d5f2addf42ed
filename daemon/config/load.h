// SPDX-License-Identifier: Apache-2.0
#pragma once

/* YAML to a tree. Of YAML it takes maps, lists and scalars; anchors, aliases, merge keys, tags and
 * further documents are refused, since a config that two people read must mean one thing. The root
 * may be of any kind but null; whoever binds it says what it expects. */

#include <stddef.h>

#include "config/diag.h"
#include "config/tree.h"

enum {
    CONFIG_FILE_MAX = 1024 * 1024, /* bytes */
    CONFIG_NODES_MAX = 100 * 1000, /* keys and values of one file */
    CONFIG_DEPTH_MAX = 32,         /* lists and maps within each other */
    CONFIG_SCALAR_MAX = 64 * 1024, /* bytes of one key or scalar */
};

enum config_outcome {
    CONFIG_GOOD = 0,
    CONFIG_FLAWED = 1, /* duplicate keys, reported in diag: the tree is not for use, but for finding
                          more mistakes, so that all are reported at once */
};

/* Gives a tree that the caller frees with config_tree_free(), and an outcome. On failure it returns
 * -errno (-EINVAL: the content is at fault) with at least one message in diag, and *ret stays
 * untouched. A refused feature does not end the reading, so several may be reported. */
int config_load_file(const char *path, struct diag *diag, struct config_tree **ret);
/* As config_load_file(), with the text in memory; name: where messages say it is from. */
int config_load_text(const char *name, const char *text, size_t length, struct diag *diag,
                     struct config_tree **ret);
