// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A value in the making: its type, and where it is by now. Nothing is loaded before somebody needs
 * it in a register, so that a comparison can read a field in place. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/compile.h"

enum type {
    TYPE_NULL,    /* the word null */
    TYPE_INTEGER, /* 64 bits, `is_signed` or not; enums and pointers, too */
    TYPE_FLOAT,
    TYPE_BOOL,
    TYPE_TEXT,
    TYPE_IPV4,  /* 4 bytes as they are in memory, as an integer */
    TYPE_BYTES, /* `size` bytes; `meaning` may be MEANING_IPV6 or MEANING_MAC */
    TYPE_TEXTS, /* from here on: no values, but has() and len() know them */
    TYPE_ARRAY,
    TYPE_STRUCT,
};

enum where {
    WHERE_CONSTANT,
    WHERE_PLACE,
    WHERE_REGISTER,
};

struct operand {
    const struct node *node; /* of compile->tree, for messages */
    enum type type;
    enum where where;
    bool is_signed;
    uint32_t size;
    enum field_meaning meaning;
    const struct field *field; /* of the schema: the plain field that it is; else NULL */
    bool is_error;             /* a constant that is written by an error's name, as ENOENT */
    bool is_null;              /* WHERE_CONSTANT: null; the rest says nothing */
    uint64_t integer;          /* TYPE_INTEGER, TYPE_BOOL, TYPE_IPV4 */
    double number;             /* TYPE_FLOAT */
    struct text text;          /* TYPE_TEXT, TYPE_BYTES */
    struct place place;
    uint32_t reg;
};

/* What the other operands of an expression tell about one: which enum its names are of, whether a
 * text or a clock is meant. */
struct operand_context {
    const struct field *names; /* a field whose numbers' names are known here; NULL: none */
    struct text words;         /* as it is written */
    bool is_number;            /* a number without names is here: those that nothing else has fit */
    bool is_text;              /* a text field is here */
    enum field_meaning clock;  /* MEANING_KTIME or MEANING_BOOTTIME of a field; MEANING_NONE */
};

/* Holds every u64 and every s64. */
typedef __int128 wide;

/* What the field is, in place. */
void operand_of_field(const struct node *node, const struct field *field, struct operand *ret);
/* A constant of 64 bits. */
struct operand operand_integer(const struct node *node, uint64_t bits, bool is_signed);
/* The constant null, of that type. */
struct operand operand_null(const struct node *node, enum type type);

/* Whether its value is known now. */
bool operand_is_constant(const struct operand *operand);
/* The value of a constant TYPE_INTEGER. */
wide operand_wide(const struct operand *operand);

/* Where loops read an integer that is not a constant: its place, or its register. */
struct place operand_place(const struct operand *operand);

/* Into a register, if it is not in one. */
int operand_load(struct compile *compile, struct operand *operand);
/* Gives its register back, if it has one. */
void operand_drop(struct compile *compile, const struct operand *operand);

/* operand (its type, signedness, size and meaning are set) is what the steps from `first` on leave
 * in register out; if all that they read is constant it becomes a constant itself. */
int operand_settle(struct compile *compile, struct operand *operand, uint32_t first, uint32_t out,
                   bool constant);

enum { OPERAND_SOURCE_MAX = 72, OPERAND_WORDS_MAX = 160 };
/* The node's text as it is written, cut to 64 bytes. Returns out. */
const char *operand_source(const struct compile *compile, const struct node *node,
                           char out[OPERAND_SOURCE_MAX]);
/* "uid is an integer", for messages. */
void operand_describe(const struct compile *compile, const struct operand *operand,
                      char out[OPERAND_WORDS_MAX]);
/* -EINVAL with a sentence, if the operand is a list, an array or a struct; else 0. */
int operand_check_value(const struct compile *compile, const struct operand *operand);

/* What a column of it is. */
int operand_result(struct compile *compile, const struct operand *operand, struct field *ret);
