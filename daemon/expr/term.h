// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The form that runs: terms in one array, children before their parents. Made by check, run by
 * eval, never changed in between. Nothing in it points into the schema. */

#include <stdbool.h>
#include <stdint.h>

#include "record/field.h"
#include "record/schema.h"

enum term_kind {
    TERM_FALSE,      /* holds for no record */
    TERM_ALL,        /* every child holds */
    TERM_ANY,        /* one child holds at least */
    TERM_RANGE,      /* lowest <= left <= lowest + span */
    TERM_EQUAL,      /* left == right, integers */
    TERM_LESS,       /* left < right, integers */
    TERM_TEXT,       /* left == text */
    TERM_TEXT_WORDS, /* the same for char[8] to char[16], by two overlapping words */
    TERM_TEXTS,      /* left == right, texts */
};

/* How an integer lies in the sample; each becomes 64 bits, zero- or sign-extended. */
enum load { LOAD_U8, LOAD_S8, LOAD_U16, LOAD_S16, LOAD_U32, LOAD_S32, LOAD_64, LOAD_BOOL };

/* Where an operand lies. */
struct place {
    struct field field; /* a copy, without the names of its values */
    enum load load;     /* integers, enums and bools */
    uint32_t index;     /* FIELD_TEXTS */
};

struct term {
    enum term_kind kind;
    bool negated;   /* the whole term, null included: what `!` does */
    bool inverted;  /* the comparison only, null stays false: what != does to == */
    uint32_t first; /* TERM_ALL, TERM_ANY: a list of two or more, ended by 0 */
    uint32_t next;
    struct place left;
    struct place right;
    uint64_t lowest; /* TERM_RANGE: of the 64 bits that the load gives, with wrap-around */
    uint64_t span;
    struct text text;  /* TERM_TEXT: NUL behind it, none in it */
    uint64_t words[2]; /* TERM_TEXT_WORDS: the first and the last 8 bytes, masked */
    uint64_t masks[2];
};

struct expr {
    struct term *terms; /* term 0 is nobody */
    uint32_t root;
    char *bytes; /* of the texts */
};
