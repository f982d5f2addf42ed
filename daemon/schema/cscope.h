// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What names mean in a C text: those that it defines, and the types that everybody knows. Tags
 * (struct, union, enum) are a space of their own, as in C. Names point into the text. */

#include "base/suggestion.h"
#include "schema/ctype.h"

enum { CSCOPE_NAMES_MAX = 8192 }; /* that a text defines */

/* An integer and its type in C. What is not long is kept sign- or zero-extended to 64 bits. */
struct cvalue {
    uint64_t bits;
    bool is_unsigned;
    bool is_long;
};

enum cname_kind {
    CNAME_TAG,
    CNAME_TYPE,     /* a typedef */
    CNAME_CONSTANT, /* of an enum, or by #define */
};

struct cname {
    enum cname_kind kind;
    const char *text; /* not NUL-ended */
    uint32_t length;
    struct ctype *type;        /* CNAME_TAG */
    const struct ctype *alias; /* CNAME_TYPE */
    struct cvalue value;       /* CNAME_CONSTANT */
};

struct cscope {
    struct cname *names;
    uint32_t n_names;
    uint32_t room;
};

/* Frees the list of names, not their types. */
void cscope_deinit(struct cscope *scope);

/* NULL: not defined. The pointer is valid until the next name is added. */
const struct cname *cscope_find(const struct cscope *scope, bool is_tag, const char *text,
                                uint32_t length);
/* The name must not be there yet. -E2BIG: there are CSCOPE_NAMES_MAX; -ENOMEM. */
int cscope_add(struct cscope *scope, const struct cname *name);

/* A typedef that is known without being defined, such as "__u32" or "size_t"; NULL: not known. */
const struct ctype *cscope_known_alias(const char *text, uint32_t length);
/* struct ringmill_text or ringmill_texts, known without being defined; NULL: not known. */
const struct ctype *cscope_known_struct(const char *text, uint32_t length);
/* Offers all known typedefs. */
void cscope_offer_known(struct suggestion *suggestion);

/* The types that C itself knows, by their spelling: "unsigned int". Never NULL for one of:
 * [signed | unsigned] char, [unsigned] short | int | long | long long | __int128, float, double,
 * _Bool, void. */
const struct ctype *cscope_base(const char *spelling);
