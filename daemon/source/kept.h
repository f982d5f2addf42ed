// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What of a source outlives the process: its rings, the maps that count its losses, the links that
 * keep its programs attached, and a ledger. A set of them has a number of its own (the id of the
 * ledger's map, which the kernel counts up), so that an old and a new one of the same source can be
 * there side by side.
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
#define KEPT_RING   "ring-"

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

    /* as it was found */
    bool complete; /* with all that the ledger tells of, and its programs run */
    bool cut;      /* another set has what comes after the ledger's `until` */
    bool foreign;  /* its records cannot be read as the config says */
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

/* Enters an fd, which the set owns from the call on, also on failure; what has that name already
 * stays. 0, -ENOMEM, -E2BIG. */
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
/* RUNS where no ledger can be read. */
enum ledger_phase kept_phase(const struct kept *kept);
void kept_set_phase(struct kept *kept, enum ledger_phase phase);

/* Hands the items to the vault, the ledger first. When this fails, kept_drop() is the caller's to
 * call. 0, or -errno and a sentence; those below the same. */
int kept_put(struct kept *kept, struct error *error);
/* Those from index `first` on, which were added since; then says in the ledger that all is there.
 */
int kept_put_rest(struct kept *kept, uint32_t first, struct error *error);
/* Takes those whose names begin so back from the vault, the ledger last, and closes them here. "":
 * all of them, and whoever finds some of them meanwhile knows that it is over. */
void kept_drop(struct kept *kept, const char *prefix);

/* A process reads its rings just now. 0: none does; -EBUSY and a sentence that names it; another
 * -errno and a sentence: that cannot be known. */
int kept_in_use(const struct kept *kept, struct error *error);
/* Bytes in its rings that nobody has read, up to where they count. */
uint64_t kept_unread(const struct kept *kept);
/* The word in the ledger that says up to where a ring counts; NULL: there is none for it. */
_Atomic uint64_t *kept_until(const struct kept *kept, uint32_t stream, uint32_t shard);
