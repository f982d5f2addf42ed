// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The expressions of a config: conditions and values of one record, typed against a schema once,
 * then evaluated over whole batches. docs/expressions.md is the language's manual.
 *
 * Null is a field that is not wholly inside the sample, a text whose place leads outside, an index
 * past the end of a list or of a flexible array, a NaN, a field that only other types of the same
 * source have, and the result of arithmetic that overflows or divides by zero. What is made of null
 * is null. A term with null in it is false, and what is around it is as usual:
 *
 *     null == x   false     !(null == x)   true      null == null   false
 *     null != x   false     !(null != x)   true      null < x       false
 *     null alone (bool)     false          !null     true
 *     has(null)   false     null in [x]    false     null =~ "x"    false
 */

#include <stdint.h>

#include "record/batch.h"
#include "record/schema.h"

enum {
    EXPR_TEXT_MAX = 16384,   /* bytes of an expression */
    EXPR_NODES_MAX = 4096,   /* operands and operators in it */
    EXPR_DEPTH_MAX = 32,     /* ( ! - ~ [ and calls inside each other */
    EXPR_LEVELS_MAX = 64,    /* && and || inside each other; bounds the stack of an evaluation */
    EXPR_INDEX_MAX = 65535,  /* N of list[N] */
    EXPR_REGISTERS_MAX = 64, /* intermediate results at a time */
    EXPR_ERROR_MAX = 512,
    /* What one record may cost the slowest expression within these limits, in milliseconds of CPU
     * time; ten times that where memory may not be executable, so that PCRE2 has to interpret. The
     * fuzzer looks for slower ones. */
    EXPR_RECORD_MS_MAX = 500,
};

struct expr_defs;
struct expr_def;

/* What names mean. Borrowed during the compile only. */
struct expr_scope {
    const struct schema *schema;
    const struct schema *const *siblings; /* NULL-ended or NULL: a name only they know is null */
    const struct expr_defs *defs;         /* named expressions of the config; NULL: none */
    const struct handler_host *host;      /* for messages: knows other sources; NULL: none */
};

/* Why an expression was refused: one sentence, and where a caret would point. */
struct expr_error {
    char text[EXPR_ERROR_MAX];
    uint32_t column; /* bytes from the expression's start, from 0 */
    uint32_t width;  /* bytes of the offending token, at least 1; may be at the text's end */
    const struct expr_def
        *def;      /* the place is in that named expression's text; NULL: in the text */
    bool reported; /* it is about a named expression that was refused where it is */
};

struct expr;

/* Checks text, which must be a condition, and makes the form that runs. 0; -EINVAL or -ENOMEM with
 * error filled. The caller frees *ret_expr. The text and the scope may go afterwards. All memory
 * that the expression ever needs is taken here, also for its intermediate results: one expression
 * serves one thread at a time. */
int expr_compile(const char *text, const struct expr_scope *scope, struct expr_error *error,
                 struct expr **ret_expr);
/* As expr_compile(), for an expression of any type that a column can hold. */
int expr_compile_value(const char *text, const struct expr_scope *scope, struct expr_error *error,
                       struct expr **ret_expr);
/* Accepts NULL. */
void expr_free(struct expr *expr);

/* What a column of its values is: kind, size, is_signed, names, meaning; the rest is zeroed, the
 * name is "". A condition is a FIELD_BOOL. Owned by expr. */
const struct field *expr_result(const struct expr *expr);

/* The field in the sample whose text or bytes are the value as they are there, of a size that the
 * type says; NULL: it is something else. Owned by expr. */
const struct field *expr_text_field(const struct expr *expr);

/* Keeps in batch's selection the records for which the condition holds, in order. expr must come
 * from expr_compile(), and the batch's schema must be the one that it was compiled for. Takes no
 * memory but the stack, under 64 KiB of it. */
void expr_select(struct expr *expr, struct batch *batch);

/* What expressions could not compute at a limit, in all their runs. */
struct expr_failures {
    bool has_patterns, has_copies; /* what can be given up; else the count is always 0 */
    uint64_t matches;              /* of a regular expression that reached a limit: no match */
    uint64_t copies;               /* of texts too long for lower() or upper(): null */
};

/* Adds the expression's failures to the sum. Any thread; expr may be NULL. */
void expr_add_failures(const struct expr *expr, struct expr_failures *sum);

/* For each selected view its value, or null, at the view's index. Texts point into the sample, into
 * the expression's own memory (valid until its next expr_values()) or into constants. */
void expr_values(struct expr *expr, const struct batch *batch, struct column *ret_values);
