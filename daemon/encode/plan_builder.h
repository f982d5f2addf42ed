// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A plan while it is being made. Text is appended to `pending`; the next value takes it as the text
 * before it, so all braces, commas and keys between two values end up in one piece. All functions
 * return 0, -ENOMEM, or -EINVAL with the builder's error filled. */

#include "encode/encode_plan.h"
#include "encode/unique_keys.h"

struct plan_builder {
    struct encode_plan *plan;
    const struct encode_plan_options *options;
    const struct encode_style *style; /* within an array always encode_style_json */
    const struct field *time;         /* NULL: records have none */
    const struct field_guard *guard;  /* of the arm that values are added to now; NULL: none */
    uint32_t room;                    /* steps that there is memory for */
    char *pending;                    /* the text before the next value; n_pending bytes */
    uint32_t n_pending;
    uint32_t depth;
    bool has_columns;  /* some fields are in columns */
    bool keeps_number; /* of the value that is added now: its name is beside it */
    struct error *error;
};

/* Appends bytes as they are. */
int plan_builder_append(struct plan_builder *builder, const char *bytes, size_t length);
/* Appends a text as a value of the format, with its quotes. */
int plan_builder_append_value(struct plan_builder *builder, const char *text);
/* Appends a key of the current event or object; first: nothing is in it yet. */
int plan_builder_append_key(struct plan_builder *builder, const char *key, bool first);
/* Moves the pending text into *ret, which the caller owns. */
int plan_builder_take(struct plan_builder *builder, struct prepared_text *ret);

/* Ends the plan: the pending text is its tail. */
int plan_builder_end(struct plan_builder *builder);

/* Adds a step for a value that is not in a field, such as the position of the record. */
int plan_builder_add_special(struct plan_builder *builder, enum value_print print);
/* Adds a step for a name of the field's value. */
int plan_builder_add_name(struct plan_builder *builder, const struct field *field,
                          const struct value_name *name);
/* Whether names of that form are shown at all. */
bool plan_builder_shows(const struct plan_builder *builder, const struct value_name *name);
/* Adds the steps for the value of a field of any kind; inherited: the meaning of its array. */
int plan_builder_add_value(struct plan_builder *builder, const struct field *field,
                           enum field_meaning inherited);
/* The same of a field that has its names beside it. */
int plan_builder_add_named(struct plan_builder *builder, const struct field *field);
/* Adds keys and steps for the members of the current event or object, and for the names of ids.
 * prefix: what comes before their names where structs are laid flat, with its dot; first: nothing
 * is in the event or object yet. */
int plan_builder_add_members(struct plan_builder *builder, const struct field *members,
                             uint32_t count, struct unique_keys *keys, const char *prefix,
                             bool first);
