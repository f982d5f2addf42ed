// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `builtin:` sources: the BPF programs that come with ringmill, one row each. */

#include <stddef.h>

struct builtin {
    const char *name;      /* the value of `builtin:` */
    const char *type_name; /* of its records, looked up in the object's own BTF */
    const char *doc;
    const char *if_silent; /* what a user can do to trigger a record */
    const void *(*elf)(size_t *ret_size);
};

/* Ended by a row whose name is NULL. */
extern const struct builtin builtins[];

/* NULL when there is no such program. */
const struct builtin *builtin_find(const char *name);
