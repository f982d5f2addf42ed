// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names of users, groups, cgroups and addresses on their way into a capture: where a record has an
 * id whose name is not what was written of it last, the name goes before the record. Belongs to one
 * encoder, and so to one thread. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/resolver.h"
#include "capture/format.h"
#include "record/schema.h"

enum {
    NAMING_FIELDS_MAX = 64,    /* ids in one type; names of further ones are not kept */
    NAMING_RECORD_MAX = 256,   /* names before one record; further ones go before the next */
    NAMING_WRITTEN_MAX = 1024, /* ids whose written name is remembered */
};

struct naming_id {
    enum resolver_kind kind;
    uint32_t pid; /* of an address in a process; else 0 */
    uint64_t id;
};

struct naming_written {
    struct naming_id id;
    uint64_t hash; /* of the name; 0: none was known */
    bool valid;
};

struct naming {
    struct resolver_port *port; /* NULL: no ids, or no resolver */
    struct {
        const struct field *field;
        enum resolver_kind kind;
    } ids[NAMING_FIELDS_MAX];
    uint32_t n_ids;
    struct naming_written written[NAMING_WRITTEN_MAX];
    struct naming_written *last[NAMING_RECORD_MAX]; /* written by the last naming_put() */
    uint32_t n_last;
};

/* schema and resolver (which may be NULL) are borrowed until naming_deinit(). 0 or -ENOMEM. */
int naming_init(struct naming *naming, const struct schema *schema, struct resolver *resolver);
/* Gives the resolver port back. */
void naming_deinit(struct naming *naming);

/* Before the records of a batch. */
void naming_begin(struct naming *naming);
/* After the records of a batch. */
void naming_end(struct naming *naming);

/* Writes what has to be before the record. Returns the byte after it, or NULL when it does not
 * fit; then nothing counts as written. */
char *naming_put(struct naming *naming, const struct ringmill_view *view, char *at,
                 const char *end);
/* From now on no name counts as written: a new file begins. */
void naming_forget(struct naming *naming);
/* The names of the last naming_put() do not count as written: they did not reach the file. */
void naming_undo(struct naming *naming);
