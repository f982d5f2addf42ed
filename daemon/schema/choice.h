// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The type that somebody asks for, and the sentence when it is not there:
 *
 *     no type "evnt" in the DWARF; there are: event, flow, ...; did you mean "event"?
 *
 * Offered names must outlive it. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/suggestion.h"

enum {
    CHOICE_LISTED_MAX = 10, /* candidates that an error lists */
    CHOICE_OPEN = -ENOMSG,  /* as an error: no type was named, and there are some */
};

/* "struct event", "union value", "event", "enum kind". */
struct choice_name {
    const char *bare;
    bool has_keyword;
    bool is_union; /* by its keyword */
    bool is_enum;  /* by its keyword, which a typedef of an enum fits, too */
};

/* Splits a type's name into its keyword, if there is one, and the name itself. */
struct choice_name choice_parse(const char *type_name);
/* Whether the keyword, if there is one, fits a struct or a union. */
bool choice_allows(const struct choice_name *name, bool is_union);

struct choice {
    const char *name; /* NULL: none was given */
    struct suggestion suggestion;
    const char *listed[CHOICE_LISTED_MAX];
    uint32_t n_listed;
    bool has_more;
};

/* type_name may be NULL. */
void choice_init(struct choice *choice, const char *type_name);
/* NULL is ignored; so is what is listed already. */
void choice_offer(struct choice *choice, const char *candidate);
/* Asks for the type where none was named; the hint is the setting "type" with the first candidate.
 * Returns CHOICE_OPEN. */
int choice_ask(const char *where, const char *candidates, const char *first, bool is_one,
               struct error *error);
/* Writes the sentence; where: "the DWARF". Returns -ENOENT, or CHOICE_OPEN if none was named. */
int choice_refuse(const struct choice *choice, const char *where, struct error *error);
