// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Random expressions and what they mean, for comparing the real engine with. Nothing of daemon/expr
 * is used here: an expression is made as a tree, the tree is written as text for the engine, and
 * evaluated slowly, one record at a time, from what the manual says. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/batch.h"

enum type { INTEGER, FLOAT, TEXT, IPV4, IPV6, MAC, BYTES, BOOL, TYPES };

enum shape {
    /* values */
    FIELD,
    CONSTANT,
    NAME, /* of an enum's value */
    BINARY,
    NEGATE,
    COMPLEMENT,
    LEN,
    LOWER,
    UPPER,
    BASENAME,
    DIRNAME,
    IP, /* of raw4 */
    NET,
    BUCKET,
    LOG2,
    HASH,
    /* conditions */
    AND,
    OR,
    NOT,
    COMPARE,
    ALONE, /* a bool field or constant, or a & b */
    HAS,
    STARTS,
    ENDS,
    CONTAINS,
    IN_LIST, /* children[0] in children[1...], of which pairs may be ranges */
    IN_RANGE,
    IN_NETWORKS,
    MATCH,
    IN_CGROUP, /* children[1] is a constant path */
};

enum { CHILDREN_MAX = 24, TREE_TEXT_MAX = 64 };

typedef __int128 wide;

/* Where a field really is, said by offsetof() and not by the schema. */
struct leaf {
    const char *text; /* its path */
    enum type type;
    enum how {
        PLAIN,
        BITS,
        PORT,
        CHARS,
        PLACED,
        LISTED,
        TAIL,
        COLUMN,
        NOWHERE,
        CALM,       /* PLAIN, if the mood is calm or glad */
        CALM_CHARS, /* CHARS, the same */
        TOLD,       /* CHARS, of as many bytes as tiny says */
        WORDS_BY,   /* LISTED of those bytes */
        FEW,        /* PLAIN, if the mood is more than index */
        EITHER,     /* an address of the family that tiny says */
    } how;
    uint32_t offset, size;
    bool is_signed;
    uint32_t shift;  /* BITS: from the offset's first bit; size counts bits */
    uint32_t index;  /* LISTED: which; COLUMN: which */
    const char *of;  /* the enum's names that may stand beside it */
    uint32_t beyond; /* TAIL as u16[]: which; else 0 */
};

struct tree {
    enum shape shape;
    enum type type;
    unsigned op; /* BINARY: its character, 'l' and 'r' for shifts; COMPARE: 0 to 5; MATCH: 1: !~ */
    unsigned n;
    struct tree *children[CHILDREN_MAX];
    bool ranges[CHILDREN_MAX]; /* IN_LIST: this child and the next one are a range */
    const struct leaf *leaf;
    wide number; /* constants; bits of a network; the width of a bucket */
    double real;
    char text[TREE_TEXT_MAX]; /* constants; NAME; MATCH's expression */
    uint32_t length;
};

extern const struct leaf leaves[];
extern const unsigned n_leaves;

uint64_t random_next(void);
unsigned random_below(unsigned limit);
extern uint64_t random_state;

/* The tree is static memory, valid until the next one is made. */
struct tree *tree_condition(unsigned depth);
struct tree *tree_value(unsigned depth);
void tree_write(FILE *out, const struct tree *tree);

struct value {
    bool null;
    bool is_signed; /* INTEGER, also where it is null */
    wide number;    /* INTEGER, BOOL; IPV4: in host byte order */
    double real;
    char bytes[256]; /* TEXT, IPV6, MAC, BYTES */
    uint32_t length;
};

/* Of one record. */
void reference_value(const struct tree *tree, const struct batch *batch, uint32_t index,
                     struct value *ret);
bool reference_holds(const struct tree *tree, const struct batch *batch, uint32_t index);
