// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The form that runs. A condition is a tree of terms, children before their parents; what a term
 * compares lies in the sample, or is computed for the whole selection by the steps before it, one
 * operator at a time, from register to register:
 *
 *     end - start > 5ms && comm == "nginx"
 *
 *     all ── predicate   r0 = load end      r1 = load start      r0 = r0 - r1      keep r0 >
 * 5000000 └─ predicate   keep the sample's comm == "nginx"
 *
 * Registers hold the k-th selected record's value at k, so that every loop is dense. Which loop
 * runs is chosen when the program is made: a step and a predicate hold the function, called once
 * for a batch. Made by compile, run by eval. Nothing in it points into the schema or the text. */

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "expr/parse.h"
#include "record/batch.h"
#include "record/field.h"

/* Intermediate results. Integers are 64 bits, zero- or sign-extended, by their static type. */
struct reg {
    union {
        uint64_t integers[BATCH_MAX];
        double floats[BATCH_MAX];
        struct text texts[BATCH_MAX]; /* null: bytes is NULL */
    };
    uint8_t present[BATCH_MAX]; /* 1, or 0 for null; not for texts */
};

/* How an integer is read; each becomes 64 bits. */
enum load {
    LOAD_U8,
    LOAD_S8,
    LOAD_U16,
    LOAD_S16,
    LOAD_U32,
    LOAD_S32,
    LOAD_64,
    LOAD_BOOL,   /* one byte: 0 or 1 comes out */
    LOAD_BE16,   /* from network byte order */
    LOAD_BITS,   /* a bitfield */
    LOAD_COLUMN, /* from the batch's column, by index */
    LOAD_COLUMN_BE16,
    LOAD_COLUMN_IPV4, /* of 4 bytes */
    LOAD_REGISTER,
};

/* Where an operand lies. */
struct place {
    struct field field; /* a copy, without all that it points to */
    enum load load;     /* integers, enums, bools, pointers */
    uint32_t index;     /* FIELD_TEXTS: which of them */
    uint32_t reg;       /* LOAD_REGISTER */
};

struct run {
    const struct batch *batch;
    struct reg *regs;
    struct expr *expr; /* for its counters */
};

struct step;
typedef void step_run(const struct step *step, const struct run *run, const uint16_t *selection,
                      uint32_t n);

/* out = what run makes of a, b; all are registers, or what run says. */
struct step {
    step_run *run;
    uint32_t out, a, b;
    enum op op;
    bool a_signed, b_signed;
    struct place place; /* loads */
    uint64_t integer;   /* a constant operand */
    double number;
    struct text text;
    char *scratch; /* bytes for the texts that it makes */
    uint32_t scratch_each;
    uint32_t cost; /* beyond COST_STEP */
};

struct term;
/* Keeps in selection, in place and in order, the n records' indexes for which the term, without
 * its `negated`, is what is wanted. Returns how many. */
typedef uint32_t predicate_run(const struct term *term, const struct run *run, bool wanted,
                               uint16_t *selection, uint32_t n);

enum term_kind {
    TERM_FALSE, /* holds for no record */
    TERM_ALL,   /* every child holds */
    TERM_ANY,   /* one child holds at least */
    TERM_PREDICATE,
};

struct term {
    enum term_kind kind;
    bool negated;   /* the whole term, null included: what `!` does */
    bool inverted;  /* the comparison only, null stays false: what != does to == */
    uint32_t first; /* TERM_ALL, TERM_ANY: a list of two or more, ended by 0 */
    uint32_t next;
    uint32_t cost; /* see cost.h */
    uint8_t passes;
    uint32_t levels;     /* of TERM_ALL and TERM_ANY in it */
    predicate_run *run;  /* from here on: TERM_PREDICATE */
    uint32_t first_step; /* to run before */
    uint32_t n_steps;
    struct place left;
    uint32_t a, b; /* registers */
    bool a_signed, b_signed;
    bool a_float, b_float;
    bool less;         /* registers: a < b, not a == b */
    uint64_t lowest;   /* a range: of the 64 bits that the load gives, with wrap-around */
    uint64_t span;     /* or the bits that a mask asks for */
    struct text text;  /* NUL after it, none in it; bytes is NULL where nothing equals it */
    uint64_t words[2]; /* of a short text: the first and the last 8 bytes, masked */
    uint64_t masks[2];
    const void *set; /* what a value is looked up in, of the predicate's own type */
};

/* A piece of memory that lives as long as the program. */
struct program_memory {
    struct program_memory *next;
    void (*release)(void *bytes); /* NULL: nothing but free() */
    max_align_t bytes[];
};

struct expr {
    struct term *terms; /* term 0 is unused: 0 ends lists */
    uint32_t n_terms;
    uint32_t root; /* of a condition; 0: it is a value */
    struct step *steps;
    uint32_t n_steps;
    uint32_t first_step; /* of the value's own ones: up to n_steps */
    uint32_t value;      /* the register that holds it then */
    struct reg *regs;
    uint32_t n_regs;
    struct field result;
    bool has_patterns, has_copies;
    struct {
        counter matches;
        counter copies;
    } failures; /* see struct expr_failures */
    struct program_memory *memory;
};

/* Zeroed memory that lives as long as the program; NULL when out of memory. release, if any, is
 * called on it before it is freed. */
void *program_keep(struct expr *expr, size_t size, void (*release)(void *bytes));
/* A copy with a NUL after it. bytes is NULL when out of memory. */
struct text program_keep_text(struct expr *expr, const struct text *text);
