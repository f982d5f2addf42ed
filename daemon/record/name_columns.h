// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names of values (record/value_name.h) as fields that a handler can read: columns that are filled
 * before it gets a batch. Only names that its config mentions become columns, so a pipeline pays
 * for no others, and not for records that an earlier step took away:
 *
 *     filter: pid > 1                    {pid, uid, ...}
 *       names                            {pid, uid, uid_name, ...}        uid_name in a column
 *     filter: uid_name == "root"
 *
 * The column stays for all later steps. A name is filled from the field beside it; where that is in
 * no record, or has no name, it is null. */

#include "config/diag.h"
#include "record/batch.h"

enum { NAME_COLUMNS_MAX = 32 }; /* of one handler */

struct name_columns;
struct resolver;

/* What is asked: whether a name of that key is mentioned. */
struct name_mentions {
    bool (*mentions)(const struct name_mentions *about, const char *key);
    const struct config_node *config; /* of the handler */
    const struct config_node *defs;   /* the config's named expressions; NULL: there are none */
};

/* The usual one: a key is mentioned where any text or key of the config has it as a word, also
 * through named expressions. */
bool name_mentions_word(const struct name_mentions *about, const char *key);

/* The schema with those names that are mentioned, and are not fields already. The schema must
 * outlive it; resolver NULL: nobody knows names of ids. 0, and *ret NULL when there are none;
 * -ENOSPC after a message at about->config; -ENOMEM. */
int name_columns_new(const struct schema *schema, const struct name_mentions *about,
                     struct resolver *resolver, struct diag *diag, struct name_columns **ret);
/* Accepts NULL. */
void name_columns_free(struct name_columns *names);

/* What comes out, owned by it. */
const struct schema *name_columns_schema(const struct name_columns *names);

/* Consumer thread: fills the columns for the selected records, HANDLER_BATCH_MAX views at most. */
void name_columns_fill(struct name_columns *names, struct batch *batch);
