// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the parts of the compiler share: the program in the making, its registers, and where errors
 * go. All functions that can fail return 0, or -EINVAL or -ENOMEM with the error filled. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/expr.h"
#include "expr/parse.h"
#include "expr/program.h"

struct compile {
    const struct expr_scope *scope;
    const struct tree *tree; /* the one that is read: the expression's, or a named one's */
    struct expr_error *error;
    struct expr *expr;
    uint32_t room_terms; /* allocated */
    uint32_t room_steps;
    uint64_t taken;      /* registers, one bit each */
    struct reg *regs;    /* for what is computed while compiling */
    uint32_t n_copies;   /* steps that make texts */
    uint32_t n_patterns; /* regular expressions */
    uint32_t n_nodes;    /* looked at, with those of named expressions each time they are used */
};

/* Refuses the expression; the message points at the node. */
int compile_refuse(const struct compile *compile, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Fills the error and returns -ENOMEM. */
int compile_no_memory(const struct compile *compile);

/* Counts a node; refuses the expression if it has more than EXPR_NODES_MAX. */
int compile_count(struct compile *compile, const struct node *node);

/* Appends a copy of the term; its number goes to *ret_term. */
int compile_add_term(struct compile *compile, const struct term *term, uint32_t *ret_term);
/* Appends a copy of the step. */
int compile_add_step(struct compile *compile, const struct step *step);

/* A free register; node is what an error points at. */
int compile_take_register(struct compile *compile, const struct node *node, uint32_t *ret_reg);
/* Makes the register free again. */
void compile_release_register(struct compile *compile, uint32_t reg);

/* Runs the steps from `first` on for one imagined record and takes them away again: of constants,
 * whose result is then in compile->regs at 0. */
void compile_fold(struct compile *compile, uint32_t first);

/* The node of that number in the tree that is read. */
const struct node *compile_node(const struct compile *compile, uint32_t index);
