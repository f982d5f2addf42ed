// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The layout of a ring's records, by its settings, or else by what the object itself says of it;
 * and the messages where it says too little. */

#include <stddef.h>

#include "config/diag.h"
#include "source/ring_config.h"

struct btf;
struct schema;

/* Where types are looked for, besides the files that the config names. */
struct type_origin {
    const char *ring;      /* the name of the ring's map */
    const struct btf *btf; /* its own; NULL: none */
    const void *elf;       /* its file, for DWARF; NULL: none */
    size_t elf_size;
    /* The other rings of the source, each as ", NAME: {}"; NULL: it is the only one. */
    const char *other_rings;
};

/* Finds the only type of a ring, and refuses one that its records cannot be of. 0 and a schema that
 * the caller owns, also after a refusal, or -errno after at least one message. */
int ring_type_find(const struct type_origin *origin, const struct ring_config *config,
                   const char *source_name, struct diag *diag, struct schema **ret);

/* Looks up a type; name NULL: the one that a convention names. node: where a message goes. 0, or
 * -errno after a message. */
int ring_type_look_up(const struct type_origin *origin, const struct ring_config *config,
                      const char *name, const struct config_node *node, struct diag *diag,
                      struct schema **ret);

/* Looks up an enum in the same places; ret: a schema whose only field has the names of its values.
 */
int ring_type_look_up_enum(const struct type_origin *origin, const struct ring_config *config,
                           const char *name, const struct config_node *node, struct diag *diag,
                           struct schema **ret);
