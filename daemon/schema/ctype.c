// SPDX-License-Identifier: Apache-2.0

/* One model for three readers, so that what a schema looks like is decided once, in
 * ctype_schema.c.
 *
 * A typedef has no size of its own: it may be made before the struct after it is complete. */

#include "schema/ctype.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { POINTER_SIZE = 8 };

struct ctypes {
    struct arena arena;
};

struct ctypes *ctypes_new(void)
{
    return calloc(1, sizeof(struct ctypes));
}

void ctypes_free(struct ctypes *types)
{
    if (!types)
        return;
    arena_deinit(&types->arena);
    free(types);
}

void *ctypes_keep(struct ctypes *types, size_t count, size_t size)
{
    return arena_take(&types->arena, count, size);
}

const char *ctypes_keep_text(struct ctypes *types, const char *text, size_t length)
{
    return arena_take_text(&types->arena, text, length);
}

struct ctype *ctypes_add(struct ctypes *types, enum ctype_kind kind)
{
    struct ctype *type = ctypes_keep(types, 1, sizeof(*type));

    if (type)
        type->kind = kind;
    return type;
}

int ctypes_add_array(struct ctypes *types, const struct ctype *element, uint32_t count,
                     const struct ctype **ret_array)
{
    const struct ctype *bare = ctype_bare(element);
    uint64_t size = bare ? (uint64_t)count * bare->size : 0;
    struct ctype *array;

    if (size > CTYPE_SIZE_MAX)
        return -EFBIG;
    array = ctypes_add(types, CTYPE_ARRAY);
    if (!array)
        return -ENOMEM;
    array->target = element;
    array->count = count;
    array->size = (uint32_t)size;
    *ret_array = array;
    return 0;
}

int ctypes_add_pointer(struct ctypes *types, const struct ctype *target,
                       const struct ctype **ret_pointer)
{
    struct ctype *pointer = ctypes_add(types, CTYPE_POINTER);

    if (!pointer)
        return -ENOMEM;
    pointer->target = target;
    pointer->size = pointer->align = POINTER_SIZE;
    *ret_pointer = pointer;
    return 0;
}

const struct ctype *ctype_bare(const struct ctype *type)
{
    while (type && type->kind >= CTYPE_ALIAS)
        type = type->target;
    return type;
}

/* ---- spelling ---- */

/* The part of a declaration around the name that is not there: "*", "(*)[4]". It grows on both
 * sides from the middle of the buffer. */
struct declarator {
    char text[2 * CTYPE_SPELLING_MAX];
    uint32_t from;
    uint32_t to;
    bool is_starred;       /* the last step was a pointer: brackets need parentheses */
    const char *qualifier; /* of what a pointer leads to */
};

static void put_before(struct declarator *declarator, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);

    declarator->from -= length;
    memcpy(declarator->text + declarator->from, text, length);
}

static void put_behind(struct declarator *declarator, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);

    memcpy(declarator->text + declarator->to, text, length);
    declarator->to += length;
}

static void put_brackets(struct declarator *declarator, const char *brackets)
{
    if (declarator->is_starred) {
        put_before(declarator, "(");
        put_behind(declarator, ")");
    }
    put_behind(declarator, brackets);
    declarator->is_starred = false;
}

static void put_array(struct declarator *declarator, const struct ctype *type)
{
    char brackets[16] = "[]";

    if (type->count > 0)
        snprintf(brackets, sizeof(brackets), "[%u]", type->count);
    put_brackets(declarator, brackets);
}

/* One star, qualifier, bracket or parameter list. False: it is the base type. */
static bool put_derived(struct declarator *declarator, const struct ctype *type)
{
    if (!type)
        return false;
    switch (type->kind) {
    case CTYPE_POINTER:
        put_before(declarator, *declarator->qualifier ? "*const " : "*");
        declarator->is_starred = true;
        declarator->qualifier = "";
        return true;
    case CTYPE_ARRAY:
        put_array(declarator, type);
        return true;
    case CTYPE_FUNCTION:
        put_brackets(declarator, "()");
        return true;
    case CTYPE_CONST:
    case CTYPE_VOLATILE:
        if (declarator->is_starred)
            declarator->qualifier = type->kind == CTYPE_CONST ? "const " : "volatile ";
        return true;
    default:
        return false;
    }
}

static const char *keyword(const struct ctype *type)
{
    switch (type->kind) {
    case CTYPE_STRUCT:
        return "struct";
    case CTYPE_UNION:
        return "union";
    case CTYPE_ENUM:
        return "enum";
    default:
        return "";
    }
}

void ctype_spell(const struct ctype *type, char text[static CTYPE_SPELLING_MAX])
{
    struct declarator declarator = {
        .from = CTYPE_SPELLING_MAX, .to = CTYPE_SPELLING_MAX, .qualifier = ""};
    const char *word = "", *name = "void";
    int length;

    for (uint32_t depth = 0; put_derived(&declarator, type); depth++) {
        type = type->target;
        if (depth == CTYPE_SPELLING_DEPTH_MAX) {
            type = &(struct ctype){.kind = CTYPE_OTHER, .name = "..."};
            break;
        }
    }
    if (type && type->kind != CTYPE_VOID) {
        word = keyword(type);
        name = type->name ? type->name : "";
    }
    length =
        snprintf(text, CTYPE_SPELLING_MAX, "%s%s%s%s%s%.*s", declarator.qualifier, word,
                 *word && *name ? " " : "", name, declarator.from < CTYPE_SPELLING_MAX ? " " : "",
                 (int)(declarator.to - declarator.from), declarator.text + declarator.from);
    if (length >= CTYPE_SPELLING_MAX)
        memcpy(text + CTYPE_SPELLING_MAX - sizeof("..."), "...", sizeof("..."));
}
