// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names of numbers, by what a field means or by its enum: what the output shows instead of the
 * number, and what may be written beside the field in an expression. Two forms:
 *
 *     a number is one thing    9 is SIGKILL
 *     its bits are flags       0x41 is O_WRONLY|O_CREAT; bits without a name follow as a number */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/schema.h"

enum {
    NUMBER_TEXT_MAX = 1024, /* bytes of flags as text; flags that do not fit are in the number */
};

struct number_set {
    /* the name of each number, or of each bit by its place; NULL in gaps */
    const char *const *by_number;
    uint32_t n_numbers;
    /* of flags: in the order of the output. Else: further names, for expressions only */
    const struct enum_name *words;
    uint32_t n_words;
    bool is_flags;
    uint64_t choice; /* of flags: these bits are one number, which words within them name */
};

/* The names of a meaning's numbers; NULL: it has none. Those of MEANING_FLAGS are in the enum. */
const struct number_set *number_set_of(enum field_meaning meaning);

/* The names that stand for values of that field in expressions: those of its meaning, of its enum,
 * or else by its name where no other reading is possible. False: none. The set has pointers into
 * the field. */
bool number_set_of_field(const struct field *field, struct number_set *ret);

/* Steps through all names; *at is 0 at first. False: there are no more. */
bool number_set_next(const struct number_set *set, uint32_t *at, struct enum_name *ret);

/* The value of that name, which is not NUL-ended, in the set; false: it is not there. */
bool number_set_find(const struct number_set *set, const char *name, size_t length,
                     struct enum_name *ret);

/* The value of that name, in any set whose names are like no others', such as O_CREAT. */
bool number_names_find(const char *name, size_t length, struct enum_name *ret);

/* The name of a number that is one thing; NULL: it has none. An error's sign is ignored. */
const char *number_set_name(const struct number_set *set, int64_t number);

/* Writes flags as "A|B|0x40"; mask is that of the field's bits, without its sign extension. Returns
 * the length. 0: no bit has a name. */
uint32_t number_set_put_flags(const struct number_set *set, uint64_t bits, uint64_t mask,
                              char out[NUMBER_TEXT_MAX]);

/* What an enum's names are, as flags. */
struct number_set number_set_of_enum(const struct field *field);
