// SPDX-License-Identifier: Apache-2.0

/* A program owns what its terms and steps point to in one list of pieces, so that they may be
 * copied, dropped and reordered freely while it is made. */

#include "expr/program.h"

#include <stdlib.h>
#include <string.h>

void *program_keep(struct expr *expr, size_t size, void (*release)(void *bytes))
{
    struct program_memory *piece = calloc(1, sizeof(*piece) + size);

    if (!piece)
        return NULL;
    piece->release = release;
    piece->next = expr->memory;
    expr->memory = piece;
    return piece->bytes;
}

struct text program_keep_text(struct expr *expr, const struct text *text)
{
    char *copy = program_keep(expr, text->length + 1, NULL);

    if (!copy)
        return (struct text){0};
    if (text->length)
        memcpy(copy, text->bytes, text->length);
    return (struct text){copy, text->length};
}

void expr_free(struct expr *expr)
{
    struct program_memory *next;

    if (!expr)
        return;
    for (struct program_memory *piece = expr->memory; piece; piece = next) {
        next = piece->next;
        if (piece->release)
            piece->release(piece->bytes);
        free(piece);
    }
    free(expr->terms);
    free(expr->steps);
    free(expr->regs);
    free(expr);
}
