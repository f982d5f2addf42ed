// SPDX-License-Identifier: Apache-2.0

/* A layout's text has few names, so they are in a list that is searched from its start; the
 * limits on the text and on the names bound what that costs. The types known in advance are those
 * with one meaning on every 64-bit Linux, in the kernel and in user space. dev_t or mode_t have
 * two, so a text must define them itself. */

#include "schema/cscope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER(spelling, bytes, sign)                                                            \
    {                                                                                             \
        .kind = CTYPE_INTEGER, .name = spelling, .size = bytes, .align = bytes, .is_signed = sign \
    }

/* In the spelling that clang writes into BTF and DWARF. */
static const struct ctype bases[] = {
    INTEGER("char", 1, true),
    INTEGER("signed char", 1, true),
    INTEGER("unsigned char", 1, false),
    INTEGER("short", 2, true),
    INTEGER("unsigned short", 2, false),
    INTEGER("int", 4, true),
    INTEGER("unsigned int", 4, false),
    INTEGER("long", 8, true),
    INTEGER("unsigned long", 8, false),
    INTEGER("long long", 8, true),
    INTEGER("unsigned long long", 8, false),
    INTEGER("__int128", 16, true),
    INTEGER("unsigned __int128", 16, false),
    {.kind = CTYPE_BOOL, .name = "_Bool", .size = 1, .align = 1},
    {.kind = CTYPE_FLOAT, .name = "float", .size = 4, .align = 4},
    {.kind = CTYPE_FLOAT, .name = "double", .size = 8, .align = 8},
    {.kind = CTYPE_VOID, .name = "void"},
};

/* A typedef by its base's place among those above. */
enum { CHAR, SCHAR, UCHAR, SHORT, USHORT, INT, UINT, LONG, ULONG, LLONG, ULLONG, S128, U128, BOOL };

#define ALIAS(spelling, base)                                         \
    {                                                                 \
        .kind = CTYPE_ALIAS, .name = spelling, .target = &bases[base] \
    }

static const struct ctype aliases[] = {
    ALIAS("__u8", UCHAR),         ALIAS("__u16", USHORT),     ALIAS("__u32", UINT),
    ALIAS("__u64", ULLONG),       ALIAS("__u128", U128),      ALIAS("__s8", SCHAR),
    ALIAS("__s16", SHORT),        ALIAS("__s32", INT),        ALIAS("__s64", LLONG),
    ALIAS("__s128", S128),        ALIAS("u8", UCHAR),         ALIAS("u16", USHORT),
    ALIAS("u32", UINT),           ALIAS("u64", ULLONG),       ALIAS("u128", U128),
    ALIAS("s8", SCHAR),           ALIAS("s16", SHORT),        ALIAS("s32", INT),
    ALIAS("s64", LLONG),          ALIAS("s128", S128),        ALIAS("uint8_t", UCHAR),
    ALIAS("uint16_t", USHORT),    ALIAS("uint32_t", UINT),    ALIAS("uint64_t", ULONG),
    ALIAS("int8_t", SCHAR),       ALIAS("int16_t", SHORT),    ALIAS("int32_t", INT),
    ALIAS("int64_t", LONG),       ALIAS("__be16", USHORT),    ALIAS("__be32", UINT),
    ALIAS("__be64", ULLONG),      ALIAS("__le16", USHORT),    ALIAS("__le32", UINT),
    ALIAS("__le64", ULLONG),      ALIAS("__sum16", USHORT),   ALIAS("__wsum", UINT),
    ALIAS("size_t", ULONG),       ALIAS("ssize_t", LONG),     ALIAS("ptrdiff_t", LONG),
    ALIAS("uintptr_t", ULONG),    ALIAS("intptr_t", LONG),    ALIAS("pid_t", INT),
    ALIAS("__kernel_pid_t", INT), ALIAS("uid_t", UINT),       ALIAS("gid_t", UINT),
    ALIAS("bool", BOOL),          ALIAS("__int128_t", S128),  ALIAS("__uint128_t", U128),
    ALIAS("u_int8_t", UCHAR),     ALIAS("u_int16_t", USHORT), ALIAS("u_int32_t", UINT),
    ALIAS("u_int64_t", ULONG),    ALIAS("u_char", UCHAR),     ALIAS("u_short", USHORT),
    ALIAS("u_int", UINT),         ALIAS("u_long", ULONG),     ALIAS("uint", UINT),
    ALIAS("ushort", USHORT),      ALIAS("ulong", ULONG),      ALIAS("ktime_t", LLONG),
    ALIAS("loff_t", LLONG),       ALIAS("ino_t", ULONG),      ALIAS("sa_family_t", USHORT),
    ALIAS("in_port_t", USHORT),   ALIAS("in_addr_t", UINT),   ALIAS("socklen_t", UINT),
};

static const struct cmember text_members[] = {
    {.name = "offset", .type = &aliases[1], .bit = 0},
    {.name = "length", .type = &aliases[1], .bit = 16},
};

#define TEXT_STRUCT(tag)                                                               \
    {                                                                                  \
        .kind = CTYPE_STRUCT, .name = tag, .is_complete = true, .size = 4, .align = 2, \
        .n_members = 2, .members = text_members                                        \
    }

static const struct ctype structs[] = {
    TEXT_STRUCT("ringmill_text"),
    TEXT_STRUCT("ringmill_texts"),
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_named(const struct ctype *type, const char *text, uint32_t length)
{
    return strncmp(type->name, text, length) == 0 && type->name[length] == '\0';
}

static const struct ctype *find_type(const struct ctype *types, size_t count, const char *text,
                                     uint32_t length)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(&types[i], text, length))
            return &types[i];
    return NULL;
}

const struct ctype *cscope_known_alias(const char *text, uint32_t length)
{
    return find_type(aliases, COUNT(aliases), text, length);
}

const struct ctype *cscope_known_struct(const char *text, uint32_t length)
{
    return find_type(structs, COUNT(structs), text, length);
}

const struct ctype *cscope_base(const char *spelling)
{
    return find_type(bases, COUNT(bases), spelling, (uint32_t)strlen(spelling));
}

void cscope_offer_known(struct suggestion *suggestion)
{
    for (size_t i = 0; i < COUNT(aliases); i++)
        suggestion_offer(suggestion, aliases[i].name);
}

void cscope_deinit(struct cscope *scope)
{
    free(scope->names);
}

const struct cname *cscope_find(const struct cscope *scope, bool is_tag, const char *text,
                                uint32_t length)
{
    for (uint32_t i = 0; i < scope->n_names; i++) {
        const struct cname *name = &scope->names[i];

        if (name->length == length && (name->kind == CNAME_TAG) == is_tag &&
            memcmp(name->text, text, length) == 0)
            return name;
    }
    return NULL;
}

int cscope_add(struct cscope *scope, const struct cname *name)
{
    if (scope->n_names == CSCOPE_NAMES_MAX)
        return -E2BIG;
    if (scope->n_names == scope->room) {
        uint32_t room = scope->room ? 2 * scope->room : 64;
        struct cname *names = reallocarray(scope->names, room, sizeof(*names));

        if (!names)
            return -ENOMEM;
        scope->names = names;
        scope->room = room;
    }
    scope->names[scope->n_names++] = *name;
    return 0;
}
