// SPDX-License-Identifier: Apache-2.0

/* Entries are known by their address in memory, in a tree of libc's: there may be a few, or all
 * types of a kernel's struct. */

#include "schema/die_reader.h"

#include <dwarf.h>
#include <errno.h>
#include <search.h>
#include <string.h>

struct known {
    const void *address; /* of the entry */
    const struct ctype *type;
};

int die_refuse_damage(const struct die_reader *reader, Dwarf_Die *die, const char *what)
{
    return error_set(reader->error, -EINVAL, "the DWARF is damaged at 0x%llx: %s",
                     (unsigned long long)dwarf_dieoffset(die), what);
}

int die_refuse_memory(const struct die_reader *reader)
{
    return error_set(reader->error, -ENOMEM, "out of memory");
}

static int compare_known(const void *a, const void *b)
{
    const char *x = ((const struct known *)a)->address, *y = ((const struct known *)b)->address;

    return x < y ? -1 : x > y;
}

const struct ctype *die_find_known(const struct die_reader *reader, const Dwarf_Die *die)
{
    const struct known key = {.address = die->addr};
    const struct known *const *found = tfind(&key, (void *const *)&reader->known, compare_known);

    return found ? (*found)->type : NULL;
}

int die_add_known(struct die_reader *reader, const Dwarf_Die *die, const struct ctype *type)
{
    struct known *known;

    if (reader->by_name)
        return 0;
    known = ctypes_keep(reader->types, 1, sizeof(*known));
    if (!known)
        return die_refuse_memory(reader);
    *known = (struct known){.address = die->addr, .type = type};
    return tsearch(known, &reader->known, compare_known) ? 0 : die_refuse_memory(reader);
}

static void forget(void *known)
{
    (void)known; /* it belongs to the types */
}

void die_reader_deinit(struct die_reader *reader)
{
    tdestroy(reader->known, forget);
}

/* gcc's spelling of integers, and the one that clang writes and people read. */
static const char *common_spelling(const char *name)
{
    static const char *const spellings[][2] = {
        {"short int", "short"},
        {"short unsigned int", "unsigned short"},
        {"long int", "long"},
        {"long unsigned int", "unsigned long"},
        {"long long int", "long long"},
        {"long long unsigned int", "unsigned long long"},
        {"__int128 unsigned", "unsigned __int128"},
    };

    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
        if (strcmp(name, spellings[i][0]) == 0)
            return spellings[i][1];
    return name;
}

int die_add_type(struct die_reader *reader, enum ctype_kind kind, Dwarf_Die *die,
                 struct ctype **ret_type)
{
    struct ctype *type = ctypes_add(reader->types, kind);
    const char *name = die_name(die);

    if (!type)
        return die_refuse_memory(reader);
    if (name && *name) {
        if (kind == CTYPE_INTEGER)
            name = common_spelling(name);
        type->name = ctypes_keep_text(reader->types, name, strnlen(name, CTYPE_NAME_MAX));
        if (!type->name)
            return die_refuse_memory(reader);
    }
    *ret_type = type;
    return 0;
}

int die_read_size(struct die_reader *reader, Dwarf_Die *die, struct ctype *type)
{
    uint64_t size = 0;

    if (die_number(die, DW_AT_byte_size, &size) && size > CTYPE_SIZE_MAX)
        return die_refuse_damage(reader, die, "a type is larger than any record");
    type->size = (uint32_t)size;
    return 0;
}

int die_read_target(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    Dwarf_Die target;
    int r = die_follow(die, DW_AT_type, &target);

    if (r < 0)
        return die_refuse_damage(reader, die, "a type refers to a missing entry");
    if (r > 0) {
        *ret_type = NULL;
        return 0;
    }
    return die_read_type(reader, &target, ret_type);
}
