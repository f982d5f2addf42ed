// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `builtin:` sources: the BPF programs that come with ringmill, one row each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct setting;

/* A function of the program that is loaded only while a setting is on, so that it costs nothing
 * otherwise. */
struct builtin_program {
    const char *name;
    const char *setting;
    bool unless; /* only while it is off */
};

/* A setting that says how many entries a table of the program has. */
struct builtin_table {
    const char *map;
    const char *setting;
    uint32_t per_element; /* of the map; 0: one */
};

struct builtin {
    const char *name;      /* the value of `builtin:` */
    const char *type_name; /* of its records, looked up in the object's own BTF */
    const char *doc;
    const char *if_silent; /* what a user can do to trigger a record */
    const void *(*elf)(size_t *ret_size);
    /* See source/builtin_settings.h: of the types bool, integer, size, duration and choice, without
     * an offset. Ended by a row without a name; NULL: none. */
    const struct setting *settings;
    const struct builtin_program *programs; /* the same */
    const struct builtin_table *tables;     /* the same */
    bool has_page_size;                     /* its global page_size is set to the machine's */
};

/* Ended by a row whose name is NULL. */
extern const struct builtin builtins[];

/* NULL when there is no such program. */
const struct builtin *builtin_find(const char *name);
