// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Calls of the language's functions: one table, in function.c, says which there are. */

#include "expr/operand.h"

enum {
    EXPR_ARGUMENTS_MAX = 8, /* of hash() */
    EXPR_COPIES_MAX = 64,   /* lower(), upper() and net() in one expression; each takes memory */
    EXPR_COPY_MAX = 4096, /* bytes of a text that lower() and upper() take; longer ones give null */
};

/* A call that is compiled: its node, what is around it, and its arguments' nodes. */
struct call {
    struct compile *compile;
    const struct node *node;
    const struct beside *beside;
    const struct node *arguments[EXPR_ARGUMENTS_MAX];
    uint32_t n;
    uint32_t first; /* step */
};

struct function {
    const char *name;
    const char *usage; /* "startswith(text, text)" */
    uint32_t least;    /* arguments */
    uint32_t most;
    /* One of the two: a value, or a condition. */
    int (*value)(const struct call *call, struct operand *ret);
    int (*condition)(const struct call *call, uint32_t *ret_term);
};

/* node is a NODE_CALL. Is it one that makes a condition? False also for unknown ones. */
bool function_is_condition(const struct node *node);
int function_value(struct compile *compile, const struct node *node, const struct beside *beside,
                   struct operand *ret);
int function_condition(struct compile *compile, const struct node *node, uint32_t *ret_term);

/* The i-th argument. Of any type that a value has; or also a list, an array or a struct. */
int call_value(const struct call *call, uint32_t i, struct operand *ret);
int call_any(const struct call *call, uint32_t i, struct operand *ret);
/* A text, in a register; -EINVAL with a sentence for anything else. */
int call_text(const struct call *call, uint32_t i, struct operand *ret);
/* A constant integer within bounds. */
int call_constant(const struct call *call, uint32_t i, int64_t least, int64_t most,
                  const char *what, int64_t *ret);
/* "len() needs a text or a list; uid is an integer" */
int call_refuse(const struct call *call, const struct operand *operand, const char *wanted);

/* Adds a step that computes ret from operand, which is in a register, into the same register. */
int call_step(const struct call *call, const struct step *step, const struct operand *operand,
              bool constant, struct operand *ret);
/* Bytes for the texts that a step makes: BATCH_MAX times each. */
int call_scratch(const struct call *call, uint32_t each, struct step *step);

/* In function_text.c, function_address.c and function_number.c. */
int function_len(const struct call *call, struct operand *ret);
int function_lower(const struct call *call, struct operand *ret);
int function_upper(const struct call *call, struct operand *ret);
int function_basename(const struct call *call, struct operand *ret);
int function_dirname(const struct call *call, struct operand *ret);
int function_startswith(const struct call *call, uint32_t *ret_term);
int function_endswith(const struct call *call, uint32_t *ret_term);
int function_contains(const struct call *call, uint32_t *ret_term);
int function_has(const struct call *call, uint32_t *ret_term);
int function_ip(const struct call *call, struct operand *ret);
int function_mac(const struct call *call, struct operand *ret);
int function_net(const struct call *call, struct operand *ret);
int function_bucket(const struct call *call, struct operand *ret);
int function_hash(const struct call *call, struct operand *ret);
int function_now(const struct call *call, struct operand *ret);
