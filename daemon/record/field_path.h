// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Paths of fields, as configs, expressions and templates write them: the name of a field, then
 * members and elements in any order, as in net.hosts[2].port. One reader, one walk over a schema,
 * and one sentence for each mistake.
 *
 * A path that only another type of the same source has is not a mistake: its field is null here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "record/schema.h"

struct handler_host;

enum {
    FIELD_STEPS_MAX = 64,         /* of a path; no schema nests that deep */
    FIELD_INDEX_DIGITS_MAX = 9,   /* of N in [N] */
    FIELD_SUGGESTED_NAMES_MAX = 8 /* names that a message lists where none is similar */
};

enum field_step_kind {
    FIELD_STEP_NAME,  /* name or .name */
    FIELD_STEP_INDEX, /* [N] */
    FIELD_STEP_ALL,   /* []: all elements */
};

struct field_step {
    enum field_step_kind kind;
    uint32_t at;     /* of its name, digits or ] in the path's text, in bytes */
    uint32_t length; /* of the name */
    uint64_t index;
};

struct field_path {
    const char *text; /* borrowed; not NUL-ended */
    uint32_t n_steps;
    struct field_step steps[FIELD_STEPS_MAX + 1]; /* one more to say where a mistake is */
};

/* How a path may lead into an array. */
enum field_elements {
    FIELD_ELEMENTS_NONE, /* not at all: it names the whole array */
    FIELD_ELEMENTS_ALL,  /* by []: a path means all elements */
    FIELD_ELEMENTS_ONE,  /* by [N] */
    FIELD_ELEMENTS_TEXT, /* by [N], also to one text of a FIELD_TEXTS */
};

/* Where paths are looked up. */
struct field_scope {
    const struct schema *schema;
    const struct schema *const *siblings; /* the other types' schemas, NULL-ended; or NULL */
    const struct handler_host *host;      /* for messages: knows other sources; or NULL */
    enum field_elements elements;
};

/* A path as far as it could be followed. */
struct field_walk {
    const struct field *field;   /* of the schema; NULL: not even the first name is known */
    uint64_t moved;              /* bytes to add to the field's offset, by indexes */
    uint32_t taken;              /* steps; of all steps: field is what the path names */
    bool in_texts;               /* an index chose one text of field, a FIELD_TEXTS */
    const struct field *counted; /* an array with `by` that the path leads into; NULL: none */
    uint32_t nth;                /* and the element's index + 1 */
};

enum field_found {
    FIELD_FOUND = 0,
    FIELD_ABSENT = 1, /* only another type has it; the walk is over that type's schema */
};

/* Reads a path. 0; or -EINVAL with a sentence, and steps[n_steps].at is where the mistake is. */
int field_path_parse(const char *text, size_t length, struct error *error, struct field_path *ret);

/* Takes the walk's next step. False, and nothing is taken: it leads nowhere. A walk begins with all
 * zeros. */
bool field_path_step(const struct field_path *path, const struct field_scope *scope,
                     struct field_walk *walk);

/* Follows the path. FIELD_FOUND, FIELD_ABSENT or -ENOENT, and then *ret ends at the step that is
 * wrong. */
int field_path_follow(const struct field_path *path, const struct field_scope *scope,
                      struct field_walk *ret);

/* The field that the walk found, where it found it: a copy with the offset of its element. */
struct field field_path_place(const struct field_walk *walk);

/* Says what is wrong with the step that the walk could not take. Returns -ENOENT. */
int field_path_refuse(const struct field_path *path, const struct field_scope *scope,
                      const struct field_walk *walk, struct error *error);

/* Says that the step's name is unknown, for a caller that knows the names better; parent: what
 * should have it, if it is the first step. Returns -ENOENT. */
int field_path_refuse_name(const struct field_path *path, uint32_t step, const char *parent,
                           struct suggestion *known, struct error *error);

/* Reads the NUL-ended path and follows it: FIELD_FOUND, FIELD_ABSENT, or -EINVAL or -ENOENT with a
 * sentence. */
int field_path_find(const char *text, const struct field_scope *scope, struct error *error,
                    struct field_walk *ret);
