// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A place that keeps descriptors when the process ends: pins, or systemd's fd store; one const
 * table for each. On the loader thread. */

#include "base/error.h"
#include "source/kept_set.h"

struct kept_store {
    const char *name; /* the value of `keep:` */

    /* Checks that the place exists here. 0, or -errno and a sentence. */
    int (*check)(const char *folder, struct error *error);
    /* Adds the sets of a source, or of all (NULL), complete or not. 0, or -errno and a sentence. */
    int (*find)(const char *folder, const char *source, struct kept_sets *list,
                struct error *error);
    /* Between begin and seal each item is put; when seal returns, all of them are kept. Each 0, or
     * -errno and a sentence. */
    int (*begin)(const struct kept_set *kept, struct error *error);
    int (*put)(const struct kept_set *kept, const struct kept_item *item, struct error *error);
    int (*seal)(const struct kept_set *kept, struct error *error);
    /* Removes one item; items are removed in the opposite order. An item that was never put is not
     * an error. */
    void (*drop)(const struct kept_set *kept, const struct kept_item *item);
    /* After items were dropped: returns when that is complete. */
    void (*settle)(const struct kept_set *kept);
};

/* All there are, NULL-ended. */
extern const struct kept_store *const kept_stores[];

extern const struct kept_store kept_store_pins; /* pin_store.c: a file system of type bpf */
extern const struct kept_store kept_store_fds;  /* fd_store.c: systemd's fd store */

/* Of this process's /run; processes of one domain see the same locks of rings. The folder of the
 * pins that kept_store_fds makes besides is FOLDER/UNIT-DOMAIN. */
unsigned fd_store_domain(void);
