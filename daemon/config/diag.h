// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What is wrong with a config, all of it, each with its place:
 *
 *     ringmill.yaml:12:7: sinks.out.typ: unknown key; allowed are type, format; did you mean
 * "type"?
 *     --format: unknown format; allowed are json, csv
 *
 * Messages are copied in and stay valid after the tree is freed. The caller owns the struct; one
 * thread at a time. Adding never fails: what finds no room is counted, and
 * what is there already is not added again. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "config/node.h"

enum {
    DIAG_MESSAGES_MAX = 100, /* kept; the rest is counted */
    DIAG_TEXT_MAX = 2048, /* bytes of one message's text, with the NUL; longer ones end in "..." */
    DIAG_EXCERPT_MAX = 120, /* bytes of a scalar's line shown above the caret */
};

struct diag_message {
    char *file;    /* or the label of a node, such as "--filter" */
    uint32_t line; /* 0: the file as a whole, or a label */
    uint32_t column;
    char *text;           /* "path: what is wrong", one line; both without control characters */
    char *hint;           /* what to type next; NULL: unknown */
    const char *hint_key; /* as in struct error, and the next */
    bool is_example;
    char *
        excerpt; /* NULL, or the scalar's line and a caret under it: two lines, each ending in \n */
};

struct diag {
    struct diag_message *messages; /* sorted by file and place; equals in order of arrival */
    size_t kept;
    size_t rest; /* found no room */
};

/* Makes it empty. */
void diag_init(struct diag *diag);
/* Frees the messages and makes it empty. */
void diag_deinit(struct diag *diag);

/* Adds a message at the value of the node. */
void diag_add(struct diag *diag, const struct config_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds an error at the value of the node, with its hint. */
void diag_add_error(struct diag *diag, const struct config_node *node, const struct error *error);

/* Adds a message at the key of the node, or at its value if it is not an entry of a map. */
void diag_add_key(struct diag *diag, const struct config_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds an error at the key of the node, with its hint. */
void diag_add_key_error(struct diag *diag, const struct config_node *node,
                        const struct error *error);

/* Adds a message about the byte at offset (0 to length) of the node's text, and shows the text's
 * line with a caret. The place is exact where the text is in the file as it is, on one line;
 * else it is that of the scalar. */
void diag_add_inside(struct diag *diag, const struct config_node *scalar, size_t offset,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a message where there is no node. line 0: about the file as a whole. */
void diag_add_place(struct diag *diag, const char *file, uint32_t line, uint32_t column,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* All messages there were, kept or not. */
size_t diag_count(const struct diag *diag);

/* One line for each message, sorted by place, and a last line that counts the rest. */
void diag_print(const struct diag *diag, FILE *file);
/* What diag_print() writes, as a text that the caller owns; NULL when out of memory. */
char *diag_text(const struct diag *diag);
