// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The preprocessor's part of a C text: which bytes are directives or left out by #if, and what
 * macros stand for. Macros with parameters are known but not expanded; nothing is included. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    CMACRO_COUNT_MAX = 8192, /* macros of a text */
    CMACRO_DEPTH_MAX = 64,   /* #if within each other */
    CMACRO_BUCKETS = 256,
};

struct clex;

struct cmacro {
    uint32_t name; /* places in the text, and lengths */
    uint32_t name_length;
    uint32_t body;
    uint32_t body_end;
    uint32_t from; /* it stands for its body from here */
    uint32_t to;   /* until here */
    bool has_parameters;
    uint32_t next; /* in its bucket, from 1 */
};

struct cmacros {
    struct cmacro *list;
    uint32_t count;
    uint32_t buckets[CMACRO_BUCKETS]; /* from 1 */
    uint8_t *skipped; /* by byte of the text: it is not C, but a directive or left out */
};

/* Reads all directives of the lexer's text. 0; -EINVAL with a sentence and its place in the lexer;
 * -ENOMEM. The caller ends it, after a failure too. */
int cmacros_read(struct clex *lex, struct cmacros *macros);
/* Accepts a zeroed one. */
void cmacros_deinit(struct cmacros *macros);

/* The macro that a name at that place of the text stands for; NULL: none. */
const struct cmacro *cmacros_find(const struct cmacros *macros, const char *text, uint32_t at,
                                  uint32_t length, uint32_t place);
