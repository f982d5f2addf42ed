// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What values mean beyond their layout: chosen in the config by `as:`, or else by convention, from
 * a field's name and C type. Applied to a schema once, after a reader made it; a value that is one
 * thing then becomes one field: an in6_addr, or the __u32[4] of an address, is FIELD_BYTES of 16.
 *
 * The conventions are a table in meaning_rules.c, and in docs/schemas.md. They leave alone what
 * could be something else: a wrong guess is worse than a number. */

#include <stdint.h>

#include "base/error.h"
#include "record/schema.h"

/* One entry of `as:`. The path names a field: "saddr", "hdr.smac", "hosts[].addr" (what is in
 * an array is named once, for all of its elements). The word is a meaning's name, "text" for bytes
 * that are text up to a NUL, "none", which switches a convention off, one with another field, as
 * meaning_by.h has them, or one with an enum (meaning_enum.h). */
struct meaning_choice {
    const char *path;
    const char *as;
    const struct field *named; /* the enum that `as` names, see meaning_enum.h; NULL: none */
};

/* First the choices in their order, then the conventions, where no choice was made. 0, or -errno
 * with a sentence and the index of the choice that is wrong; the schema is then to be thrown away:
 * -ENOENT, no such field or meaning; -EINVAL, the field cannot have that meaning; -ENOMEM. */
int meaning_apply(struct schema *schema, const struct meaning_choice *choices, uint32_t n_choices,
                  struct error *error, uint32_t *ret_wrong);

/* Whether the schema has a field of that path, as struct meaning_choice has it. */
bool meaning_knows(const struct schema *schema, const char *path);

/* Whether the conventions say anything of a field of that name (of an element: its array's), and
 * what. MEANING_NONE: they do not. */
enum field_meaning meaning_by_convention(const struct field *field, const char *name);

/* Whether the conventions take the bytes of that name for a text. */
bool meaning_is_text(const struct field *field, const char *name);

/* ---- for the parts: meaning.c, meaning_rules.c, meaning_by.c ---- */

/* The fields that a choice was made for, and NULLs. */
struct chosen_fields {
    struct field **fields;
    uint32_t count;
};

/* Whether a choice was made for it, so that no convention is for it. */
bool meaning_is_chosen(const struct chosen_fields *chosen, const struct field *field);

/* Whether it is one of any integer, also of a signed one. */
bool meaning_is_of_numbers(enum field_meaning meaning);
/* Whether the field can have the meaning as it is or by becoming one value. */
bool meaning_fits(const struct field *field, enum field_meaning meaning);
/* Gives it a meaning that fits. */
void meaning_give(struct field *field, enum field_meaning meaning);
