// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An expression's text to a tree that says how it reads, before anything has a type. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/address_literal.h"
#include "expr/expr.h"
#include "record/field.h"

enum node_kind {
    NODE_NAME,   /* `spelling`; the children are what follows: NODE_MEMBER and NODE_INDEX */
    NODE_MEMBER, /* .spelling */
    NODE_INDEX,  /* [magnitude] */
    NODE_INTEGER,
    NODE_FLOAT,
    NODE_TEXT,
    NODE_BOOL,
    NODE_NULL,
    NODE_ADDRESS,
    NODE_CALL,       /* spelling(children) */
    NODE_CHAIN,      /* children of one level of binding, from the left, each joined by its `op` */
    NODE_NEGATE,     /* one child */
    NODE_COMPLEMENT, /* one child */
    NODE_COMPARE,    /* two children */
    NODE_MATCH,      /* two children; `negative`: !~ */
    NODE_IN,         /* two children, the second often a NODE_LIST or NODE_RANGE */
    NODE_LIST,
    NODE_RANGE, /* two children */
    NODE_AND,   /* two children or more */
    NODE_OR,    /* two children or more */
    NODE_NOT,   /* one child */
};

enum op {
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_OR, /* from here on: in NODE_CHAIN */
    OP_XOR,
    OP_AND,
    OP_SHIFT_LEFT,
    OP_SHIFT_RIGHT,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_REMAINDER,
};

/* Children form a list: first, then each one's next. Number 0 ends lists; node 0 is unused. */
struct node {
    enum node_kind kind;
    uint32_t column; /* what an error about this node points at: its token, or its operator */
    uint32_t width;
    uint32_t start; /* all of it in the text, from here to before `end` */
    uint32_t end;
    uint32_t first;
    uint32_t next;
    enum op op;         /* NODE_COMPARE; of a chain's child but the first: what joins it */
    uint32_t op_column; /* and where that is */
    uint32_t op_width;
    bool negative;        /* NODE_INTEGER: the value is -magnitude */
    bool truth;           /* NODE_BOOL */
    uint64_t magnitude;   /* NODE_INTEGER, NODE_INDEX */
    double number;        /* NODE_FLOAT */
    struct text spelling; /* names: in the source text;
                             NODE_TEXT: what it stands for, in bytes, NUL after it */
    struct address address;
};

struct tree {
    struct node *nodes;
    uint32_t n_nodes; /* with node 0 */
    uint32_t root;
    char *bytes; /* what the texts stand for */
    const char *source;
};

/* 0; -EINVAL or -ENOMEM with error filled. The tree borrows text. The caller calls tree_deinit().
 */
int tree_parse(const char *text, struct expr_error *error, struct tree *ret_tree);
/* Accepts a zeroed one. */
void tree_deinit(struct tree *tree);

/* The operator as it is written: "==". */
const char *op_spelling(enum op op);
