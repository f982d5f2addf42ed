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
    const struct operand_context *context;
    const struct node *arguments[EXPR_ARGUMENTS_MAX];
    uint32_t n;
    uint32_t first; /* step */
};

/* A function of the language that gives a value. 0, or -EINVAL or -ENOMEM with the error filled. */
typedef int value_function(const struct call *call, struct operand *ret);
/* A function of the language that makes a condition. */
typedef int condition_function(const struct call *call, uint32_t *ret_term);

struct function {
    const char *name;
    const char *usage; /* "startswith(text, text)" */
    uint32_t least;    /* arguments */
    uint32_t most;
    /* One of the two: a value, or a condition. */
    value_function *value;
    condition_function *condition;
};

/* Whether the NODE_CALL is of a function that makes a condition; false for unknown functions. */
bool function_is_condition(const struct node *node);
/* Compiles a NODE_CALL that gives a value. */
int function_value(struct compile *compile, const struct node *node,
                   const struct operand_context *context, struct operand *ret);
/* Compiles a NODE_CALL that makes a condition. */
int function_condition(struct compile *compile, const struct node *node, uint32_t *ret_term);

/* Compiles the i-th argument, of any type that a value has. */
int call_value(const struct call *call, uint32_t i, struct operand *ret);
/* As call_value(), and it may also be a list, an array or a struct. */
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

/* In function_text.c. */
value_function function_len, function_lower, function_upper, function_basename, function_dirname;
condition_function function_startswith, function_endswith, function_contains;
/* In function_cgroup.c. */
condition_function function_in_cgroup;
/* In function_address.c. */
value_function function_ip, function_mac, function_net;
/* In function_number.c. */
value_function function_bucket, function_hash, function_now;
condition_function function_has;
