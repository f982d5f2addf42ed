// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A plan while it is being made. What is said is gathered; the next value takes it as the text
 * before it, and so all braces, commas and keys between two values end up in one piece. All
 * functions return 0, -ENOMEM, or -EINVAL with the draft's error filled. */

#include "encode/keyset.h"
#include "encode/plan.h"

struct draft {
    struct plan *plan;
    const struct plan_options *options;
    const struct plan_style *style; /* within an array always plan_json */
    const struct field *time;       /* NULL: records have none */
    uint32_t room;                  /* steps that there is memory for */
    char *pending;
    uint32_t n_pending;
    uint32_t depth;
    struct error *error;
};

/* The bytes as they are. */
int draft_say(struct draft *draft, const char *bytes, size_t length);
/* The text as a value of the format. */
int draft_say_text(struct draft *draft, const char *text);
/* A key of the event or object in hand; first: nothing is in it yet. */
int draft_say_key(struct draft *draft, const char *key, bool first);
/* Moves what was said into *ret. */
int draft_take(struct draft *draft, struct snippet *ret);

/* Ends the plan: what was said last is its tail. */
int draft_end(struct draft *draft);

/* Adds a step for a value that is not in a field, such as the position of the record. */
int draft_add_special(struct draft *draft, enum value_print print);
/* The name of an id. */
int draft_add_name(struct draft *draft, const struct field *field, enum resolver_kind kind);
/* A field's value, whatever it is; inherited is what its array says it means. */
int draft_add_value(struct draft *draft, const struct field *field, enum field_meaning inherited);
/* Members of the event or object in hand, with their keys, and the names of ids. prefix: what
 * is before their names where structs are laid flat, with its dot; first as above. */
int draft_add_members(struct draft *draft, const struct field *members, uint32_t count,
                      struct keyset *keys, const char *prefix, bool first);
