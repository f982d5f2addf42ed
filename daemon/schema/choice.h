// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The type that somebody asks for, and the sentence when it is not there:
 *
 *     no type "evnt" in the DWARF; did you mean "event"? there are: event, flow, ...
 *
 * Holds pointers only; names must outlive it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/nearest.h"

enum { CHOICE_LISTED_MAX = 10 }; /* candidates that an error lists */

/* How the refusal begins where no type was named and there are candidates. */
#define CHOICE_QUESTION "which type do the records have?"

/* "struct event", "union value", "event". */
struct choice_name {
    const char *bare;
    bool has_keyword;
    bool is_union; /* by its keyword */
};

struct choice_name choice_parse(const char *type_name);
/* Whether the keyword, if there is one, fits. */
bool choice_allows(const struct choice_name *name, bool is_union);

struct choice {
    const char *name; /* NULL: none was given */
    struct nearest nearest;
    const char *listed[CHOICE_LISTED_MAX];
    uint32_t n_listed;
    bool has_more;
};

/* type_name may be NULL. */
void choice_init(struct choice *choice, const char *type_name);
/* NULL is ignored; so is what is listed already. */
void choice_offer(struct choice *choice, const char *candidate);
/* Writes the sentence; where: "the DWARF". Returns -ENOENT. */
int choice_refuse(const struct choice *choice, const char *where, struct error *error);
