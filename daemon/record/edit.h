// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema with some fields left out, called otherwise or replaced by columns. Fields are named by
 * their path, also inside of structs:
 *
 *     {pid, src: {ip, port, mac}, comm}
 *         keep src.port, comm     {src: {port}, comm}              in the order of the edits
 *         drop src.mac            {pid, src: {ip, port}, comm}
 *         rename src.ip to addr   {pid, src: {addr, port, mac}, comm}
 *
 * Whatever is left of a struct stays where it was, so the paths of what is left stay the same; an
 * array is taken or left as a whole. All paths mean the schema as it comes in. */

#include "record/handler.h"

enum {
    EDIT_PATH_MAX = 256, /* bytes of a path, with the NUL */
    EDIT_NAME_MAX = 64,  /* bytes of a new name, without */
};

enum edit_kind {
    EDIT_KEEP, /* if there is one of these, all else goes */
    EDIT_DROP,
    EDIT_RENAME,
    EDIT_REPLACE,
};

struct edit {
    enum edit_kind kind;
    const char *path;
    const struct config_node *node; /* for messages */
    const char *name;               /* EDIT_RENAME */
    struct field like;              /* EDIT_REPLACE: what is there now; gets its column's number */
    bool absent;                    /* set by edit_schema(): only other types have such a field */
    bool renamed;                   /* set by edit_schema() */
};

/* The field of that path. NULL after a message at node, or, when another type of the source has
 * such a field, without one. */
const struct field *edit_find(const struct handler_host *host, const char *path,
                              const struct config_node *node, struct diag *diag);

/* A name that a new field can have: a word as in C. False after a message at node's key or value.
 */
bool edit_check_name(const char *name, const struct config_node *node, struct diag *diag);

/* What is hidden must not be in another field that is shown. 0, or -EINVAL after a message at node.
 */
int edit_check_repeats(const struct schema *schema, const struct config_node *node,
                       struct diag *diag);

/* The host's schema, edited, with room for more fields; freed by schema_free(). Edits of fields
 * that only other types have are passed over. 0; -EINVAL or -ENOSPC after a message; -ENOMEM. */
int edit_schema(const struct handler_host *host, struct edit *edits, uint32_t n_edits,
                uint32_t more, struct diag *diag, struct schema **ret_schema);
