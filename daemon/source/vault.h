// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A place where descriptors outlive the process: one const table each. On the loader thread. */

#include "base/error.h"
#include "source/kept.h"

struct vault {
    const char *name; /* the value of `keep:` */

    /* Whether there is such a place here at all. 0, or -errno and a sentence. */
    int (*check)(const char *folder, struct error *error);
    /* Adds the sets of a source, or of all (NULL), complete or not. 0, or -errno and a sentence. */
    int (*find)(const char *folder, const char *source, struct kept_list *list,
                struct error *error);
    /* Between begin and seal each item is put; when seal returns, all of them are kept. Each 0, or
     * -errno and a sentence. */
    int (*begin)(const struct kept *kept, struct error *error);
    int (*put)(const struct kept *kept, const struct kept_item *item, struct error *error);
    int (*seal)(const struct kept *kept, struct error *error);
    /* Takes back one item, after those that were taken back before it; what was never put is no
     * error. */
    void (*drop)(const struct kept *kept, const struct kept_item *item);
    /* After some were dropped: returns when the vault has done it. */
    void (*settle)(const struct kept *kept);
};

/* All there are, NULL-ended. */
extern const struct vault *const vaults[];

extern const struct vault vault_pin;
extern const struct vault vault_fdstore;
