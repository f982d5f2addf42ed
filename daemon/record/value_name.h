// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The names of values, which are fields beside them: a number keeps its number, and what it is
 * called is another field.
 *
 *     uid: 0           uid_name: "root"                      the resolver knows it
 *     error: 2         error_name: "ENOENT"                  a number is one thing
 *     flags: 577       flags_name: "O_WRONLY|O_CREAT"        its bits are
 *     cgroup_id: 42    cgroup_path: "/system.slice"          a value can have several names
 *
 * Encoders show them after the value. Handlers find those that they mention as columns
 * (record/name_columns.h). An enum's value is shown by its name itself, so that its name is a field
 * for handlers only. To add a name: a row in value_name.c. */

#include <stdbool.h>
#include <stdint.h>

#include "base/resolver.h"
#include "record/field.h"
#include "record/number_names.h"

enum { VALUE_NAME_MAX = NUMBER_TEXT_MAX }; /* bytes of one, at most */

enum value_name_form {
    VALUE_NAME_ID,     /* the resolver's, of `kind` */
    VALUE_NAME_NUMBER, /* of `numbers` */
    VALUE_NAME_FLAGS,  /* the same, by bits */
    VALUE_NAME_MODE,   /* -rw-r--r--, as ls(1) writes it */
};

struct value_name {
    enum value_name_form form;
    enum resolver_kind kind;
    const struct number_set *numbers; /* NULL: the names are those of the field's enum */
    bool hidden;                      /* encoders do not show it */
    const char *without;              /* the end of the field's name that gives way to */
    const char *ending;               /* this one; if it has no such end, this is appended */
};

/* The names of the field's values, numbered from 0; false: there are no more. */
bool value_name_of(const struct field *field, uint32_t nth, struct value_name *ret);

/* Whether the field's number is shown as a number because its name is beside it. */
bool value_name_keeps_number(const struct field *field);

/* What the name is called beside a field of that name: "uid_name". The caller frees it; NULL: out
 * of memory. */
char *value_name_key(const struct value_name *name, const char *field);

/* The id that the resolver knows, of a field's integer as batch_integer() gives it. */
uint64_t value_name_id(const struct value_name *name, const struct field *field, uint64_t bits);

/* The name of a number, of any form but VALUE_NAME_ID; in room or a text that stays. bytes NULL: it
 * has none. */
struct text value_name_text(const struct value_name *name, const struct field *field, uint64_t bits,
                            char room[VALUE_NAME_MAX]);
