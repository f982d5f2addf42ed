// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An expression's text to a tree that says how it reads, before anything has a type. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/expr.h"
#include "record/field.h"

enum node_kind {
    NODE_NAME,  /* a field, or an enum value; `spelling` */
    NODE_INDEX, /* spelling[magnitude] */
    NODE_INTEGER,
    NODE_TEXT,
    NODE_BOOL,
    NODE_COMPARE, /* two children */
    NODE_AND,     /* two children or more */
    NODE_OR,      /* two children or more */
    NODE_NOT,     /* one child */
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/* Children form a list: first, then each one's next. Node 0 is nobody: it ends lists. */
struct node {
    enum node_kind kind;
    uint32_t column; /* what an error about this node points at: its token, or its operator */
    uint32_t width;
    uint32_t first;
    uint32_t next;
    enum compare compare; /* NODE_COMPARE */
    bool negative;        /* NODE_INTEGER: the value is -magnitude */
    bool truth;           /* NODE_BOOL */
    uint64_t magnitude;   /* NODE_INTEGER, NODE_INDEX */
    struct text spelling; /* NODE_NAME, NODE_INDEX: the name, in the source text;
                             NODE_TEXT: what it stands for, in bytes, NUL behind it */
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
void tree_deinit(struct tree *tree); /* accepts a zeroed one */

const char *compare_spelling(enum compare compare);
