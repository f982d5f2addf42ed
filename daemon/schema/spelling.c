// SPDX-License-Identifier: Apache-2.0

/* C declarations wrap around the name: `int (*x[4])[2]`. So a spelling is grown from where the name
 * would be, outwards: stars go in front of it, brackets after it, and the base type comes last,
 * in front of all. */

#include "schema/spelling.h"

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema/btf_lookup.h"

struct spelling {
    char front[SPELLING_MAX]; /* stars and qualifiers, kept at its end */
    size_t front_used;
    char back[SPELLING_MAX]; /* brackets */
    size_t back_used;
    bool starred; /* the last step was a pointer: brackets need parentheses */
};

static void put_front(struct spelling *spelling, const char *text)
{
    size_t length = strlen(text);

    if (spelling->front_used + length >= SPELLING_MAX)
        return;
    spelling->front_used += length;
    memcpy(spelling->front + SPELLING_MAX - 1 - spelling->front_used, text, length);
}

static void put_back(struct spelling *spelling, const char *text)
{
    size_t length = strlen(text);

    if (spelling->back_used + length >= SPELLING_MAX)
        return;
    memcpy(spelling->back + spelling->back_used, text, length + 1);
    spelling->back_used += length;
}

static void put_brackets(struct spelling *spelling, const char *brackets)
{
    if (spelling->starred) {
        put_front(spelling, "(");
        put_back(spelling, ")");
    }
    put_back(spelling, brackets);
    spelling->starred = false;
}

static void put_array(struct spelling *spelling, const struct btf_type *type)
{
    char brackets[16] = "[]";

    if (btf_array(type)->nelems > 0)
        snprintf(brackets, sizeof(brackets), "[%u]", btf_array(type)->nelems);
    put_brackets(spelling, brackets);
}

/* The keyword before the name of the base type, such as "struct"; "" if it needs none. */
static const char *keyword(const struct btf_type *type)
{
    switch (btf_kind(type)) {
    case BTF_KIND_STRUCT:
        return "struct";
    case BTF_KIND_UNION:
        return "union";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return "enum";
    case BTF_KIND_FWD:
        return btf_kflag(type) ? "union" : "struct";
    default:
        return "";
    }
}

static void join(const struct spelling *spelling, const char *qualifier, const char *word,
                 const char *name, char *text)
{
    const char *front = spelling->front + SPELLING_MAX - 1 - spelling->front_used;

    int length = snprintf(text, SPELLING_MAX, "%s%s%s%s%s%.*s%s", qualifier, word,
                          *word && *name ? " " : "", name, spelling->front_used > 0 ? " " : "",
                          (int)spelling->front_used, front, spelling->back);

    if (length >= SPELLING_MAX)
        memcpy(text + SPELLING_MAX - sizeof("..."), "...", sizeof("..."));
}

static const char *qualifier_of(const struct btf_type *type)
{
    if (btf_kind(type) == BTF_KIND_CONST)
        return "const ";
    return btf_kind(type) == BTF_KIND_VOLATILE ? "volatile " : "";
}

void spelling_put(const struct btf *btf, uint32_t type_id, char *text)
{
    struct spelling spelling = {0};
    const struct btf_type *type = btf__type_by_id(btf, type_id);
    const char *qualifier = ""; /* of what a pointer leads to */

    for (int i = 0; i < SPELLING_LEVELS_MAX && type; i++) {
        switch (btf_kind(type)) {
        case BTF_KIND_PTR:
            put_front(&spelling, *qualifier ? "*const " : "*");
            spelling.starred = true;
            qualifier = "";
            type_id = type->type;
            break;
        case BTF_KIND_ARRAY:
            put_array(&spelling, type);
            type_id = btf_array(type)->type;
            break;
        case BTF_KIND_FUNC_PROTO:
            put_brackets(&spelling, "()");
            type_id = type->type;
            break;
        case BTF_KIND_CONST:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG:
            if (spelling.starred && *qualifier_of(type))
                qualifier = qualifier_of(type);
            type_id = type->type;
            break;
        case BTF_KIND_UNKN:
            join(&spelling, qualifier, "", "void", text);
            return;
        default:
            join(&spelling, qualifier, keyword(type), lookup_name(btf, type), text);
            return;
        }
        type = btf__type_by_id(btf, type_id);
    }
    join(&spelling, qualifier, "", "...", text);
}
