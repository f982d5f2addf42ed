// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A place that keeps descriptors when the process ends: one const table for each. On the loader
 * thread. */

#include "base/error.h"
#include "source/kept.h"

struct vault {
    const char *name; /* the value of `keep:` */

    /* Checks that the place exists here. 0, or -errno and a sentence. */
    int (*check)(const char *folder, struct error *error);
    /* Adds the sets of a source, or of all (NULL), complete or not. 0, or -errno and a sentence. */
    int (*find)(const char *folder, const char *source, struct kept_list *list,
                struct error *error);
    /* Between begin and seal each item is put; when seal returns, all of them are kept. Each 0, or
     * -errno and a sentence. */
    int (*begin)(const struct kept *kept, struct error *error);
    int (*put)(const struct kept *kept, const struct kept_item *item, struct error *error);
    int (*seal)(const struct kept *kept, struct error *error);
    /* Removes one item; items are removed in the opposite order. An item that was never put is not
     * an error. */
    void (*drop)(const struct kept *kept, const struct kept_item *item);
    /* After items were dropped: returns when that is complete. */
    void (*settle)(const struct kept *kept);
};

/* All there are, NULL-ended. */
extern const struct vault *const vaults[];

extern const struct vault vault_pin;
extern const struct vault vault_fdstore;
