// SPDX-License-Identifier: Apache-2.0

/* Keys and names are short and many: copying them by whole blocks of a fixed size costs two
 * instructions each, where a length known at run time only would cost a call. */

#include "encode/prepared_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/escape.h"

int prepared_text_init(struct prepared_text *prepared, const char *before, const char *text,
                       const char *after)
{
    size_t n_before = strlen(before), n_text = strlen(text), n_after = strlen(after);
    size_t most = n_before + ESCAPE_GROWTH * n_text + n_after;
    char *bytes = calloc(1, most + 2 * PREPARED_TEXT_BLOCK);
    char *at = bytes;

    if (!bytes)
        return -ENOMEM;
    memcpy(at, before, n_before);
    at = escape_put(at + n_before, bytes + most, (struct text){text, (uint32_t)n_text});
    memcpy(at, after, n_after);
    at += n_after;
    *prepared = (struct prepared_text){bytes, (uint32_t)(at - bytes)};
    return 0;
}

int prepared_text_set(struct prepared_text *prepared, const char *bytes, uint32_t length)
{
    char *copy = calloc(1, (size_t)length + 2 * PREPARED_TEXT_BLOCK);

    if (!copy)
        return -ENOMEM;
    if (length > 0)
        memcpy(copy, bytes, length);
    *prepared = (struct prepared_text){copy, length};
    return 0;
}

void prepared_text_deinit(struct prepared_text *prepared)
{
    free(prepared->bytes);
    *prepared = (struct prepared_text){0};
}
