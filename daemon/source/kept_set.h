// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The descriptors of a source that outlive the process: its rings, the maps that count its losses,
 * the links that keep its programs attached, and a ledger. Each set of them has its own number (the
 * id of the ledger's map, which the kernel increments), so that an old and a new set of the same
 * source can exist at the same time.
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

struct kept_store;
struct object;

struct kept_item {
    char name[KEPT_ITEM_NAME_MAX];
    int fd;
};

struct kept_set {
    const struct kept_store *store; /* where it is */
    char *folder;                   /* of pins */
    char *source;
    uint32_t id;
    struct kept_item *items; /* the ledger included, at any place */
    uint32_t n_items;
    struct ledger *ledger; /* NULL: missing or unreadable */

    /* as it was found */
    bool complete; /* everything that the ledger lists is there, and its programs run */
    bool cut;      /* another set has the records after the `until` of the ledger */
    bool foreign;  /* its records cannot be read as the config says */
};

struct kept_sets {
    struct kept_set **sets;
    uint32_t count;
};

/* An empty one, not kept anywhere; NULL when out of memory. */
struct kept_set *kept_set_new(const struct kept_store *store, const char *folder,
                              const char *source, uint32_t id);
/* Closes the descriptors of this process; those of others are not affected. Accepts NULL. */
void kept_set_free(struct kept_set *kept);
DEFINE_CLEANUP(struct kept_set, kept_set_free);
/* Frees all sets of the list, which is empty then. */
void kept_sets_deinit(struct kept_sets *list);

/* Adds an fd, which the set owns from the call on, also on failure; an existing item of that name
 * stays. 0, -ENOMEM, -E2BIG. */
int kept_set_add(struct kept_set *kept, const char *name, int fd);
/* Adds a duplicate of fd, otherwise as kept_set_add(). 0 or -errno. */
int kept_set_copy(struct kept_set *kept, const char *name, int fd);
/* -1: there is no such item. Owned by the set. */
int kept_set_fd(const struct kept_set *kept, const char *name);
/* The number of items whose names begin with prefix. */
uint32_t kept_set_count(const struct kept_set *kept, const char *prefix);
/* The set with that number, or a new one at the list's end; NULL when out of memory. */
struct kept_set *kept_sets_get(struct kept_sets *list, const struct kept_store *store,
                               const char *folder, const char *source, uint32_t id);

/* Opens the ledger of a set that was found, and checks whether the set is complete. */
void kept_set_inspect(struct kept_set *kept);
/* The phase in the ledger; LEDGER_RUNS if no ledger can be read. */
enum ledger_phase kept_set_phase(const struct kept_set *kept);
/* Writes the phase into the ledger, if there is one. */
void kept_set_enter_phase(struct kept_set *kept, enum ledger_phase phase);

enum { KEPT_COMMAND_MAX = 512 }; /* bytes of such a command; a longer folder is cut */

/* The command that ends the set by hand, for messages; in `text`, which it returns. */
const char *kept_set_release_command(const struct kept_set *kept, char text[KEPT_COMMAND_MAX]);

/* Passes the items to the store, the ledger first. On failure the caller must call kept_set_drop().
 * 0, or -errno and a sentence. */
int kept_set_store(struct kept_set *kept, struct error *error);
/* Passes the items from index `first` on, which were added since. 0, or -errno and a sentence. */
int kept_set_store_rest(struct kept_set *kept, uint32_t first, struct error *error);
/* Marks the set complete in the ledger: from this store on it counts, and sets that name it as
 * their successor end where they say. */
void kept_set_complete(struct kept_set *kept);
/* Removes the items whose names begin with prefix from the store, the ledger last, and closes them
 * here. "": all of them; then the phase is LEDGER_OVER first, so that a process that
 * finds a part of the set discards it. */
void kept_set_drop(struct kept_set *kept, const char *prefix);

/* Whether a process reads its rings now. 0: none; -EBUSY and a sentence that names it; another
 * -errno and a sentence: unknown. */
int kept_set_find_reader(const struct kept_set *kept, struct error *error);
/* The number of unread bytes in its rings, up to the end that counts. */
uint64_t kept_set_unread(const struct kept_set *kept);
/* Removes its links, and waits until they are gone. object: also has them open in this process; may
 * be NULL. */
void kept_set_detach(struct kept_set *kept, struct object *object);
/* Drops the set if its rings were read to their end, or else logs what remains in them. */
void kept_set_settle(struct kept_set *kept);
/* What the ledger says of the part of a ring that counts; NULL: it has no room for that ring. */
struct ring_bounds *kept_set_ring_bounds(const struct kept_set *kept, uint32_t stream,
                                         uint32_t shard);
