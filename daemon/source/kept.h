// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What of a source outlives the process: its rings, the maps that count its losses, the links that
 * keep its programs attached, and a ledger. A set of them has a number of its own (the id of the
 * ledger's map), so that an old and a new one of the same source can be there side by side.
 *
 *     SOURCE / ID / ring-0-0  ring-0-1  ring-1-0  lost-0  link-0-3  link-1-4  ledger
 *                   stream, shard                 stream  number, program
 *
 * On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "source/ledger.h"

enum {
    KEPT_ITEMS_MAX = 4096, /* in one set; more are refused */
    KEPT_ITEM_NAME_MAX = 40,
};

#define KEPT_LEDGER "ledger"
#define KEPT_LINK   "link-"

struct vault;

struct kept_item {
    char name[KEPT_ITEM_NAME_MAX];
    int fd;
};

struct kept {
    const struct vault *vault; /* where it is */
    char *folder;              /* of pins */
    char *source;
    uint32_t id;
    struct kept_item *items; /* the ledger included, at any place */
    uint32_t n_items;
    struct ledger *ledger; /* NULL: there is none, or none that can be read */
    bool complete;         /* was found with all that the ledger tells of */
};

struct kept_list {
    struct kept **sets;
    uint32_t count;
};

/* An empty one, not kept anywhere; NULL when out of memory. */
struct kept *kept_new(const struct vault *vault, const char *folder, const char *source,
                      uint32_t id);
/* Closes what this process has of it; the rest of the world keeps its own. Accepts NULL. */
void kept_free(struct kept *kept);
DEFINE_CLEANUP(struct kept, kept_free);
void kept_list_deinit(struct kept_list *list);

/* Enters an fd, which the set owns from the call on, also on failure. 0, -ENOMEM, -E2BIG. */
int kept_add(struct kept *kept, const char *name, int fd);
/* The same with a copy of it. 0 or -errno. */
int kept_copy(struct kept *kept, const char *name, int fd);
/* -1: there is no such item. Owned by the set. */
int kept_fd(const struct kept *kept, const char *name);
/* How many items' names begin so. */
uint32_t kept_count(const struct kept *kept, const char *prefix);
/* The set with that number, or a new one at the list's end; NULL when out of memory. */
struct kept *kept_list_at(struct kept_list *list, const struct vault *vault, const char *folder,
                          const char *source, uint32_t id);

/* Looks at what was found: opens the ledger, and sees whether all is there. */
void kept_check(struct kept *kept);

/* Hands all items to the vault. What had been kept of it when it fails is taken back. 0, or
 * -errno and a sentence. */
int kept_put(struct kept *kept, struct error *error);
/* Takes those whose names begin so back from the vault, and closes them here. */
void kept_drop(struct kept *kept, const char *prefix);

/* A process reads its rings just now. 0: none does; -EBUSY and a sentence that names it. */
int kept_in_use(const struct kept *kept, struct error *error);
/* Bytes in its rings that nobody has read. */
uint64_t kept_unread(const struct kept *kept);
