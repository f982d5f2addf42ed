// SPDX-License-Identifier: Apache-2.0

/* Keys and names are short and many: copying them by whole blocks of a fixed size costs two
 * instructions each, where a length known at run time only would cost a call. */

#include "encode/snippet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/escape.h"

int snippet_init(struct snippet *snippet, const char *before, const char *text, const char *behind)
{
    size_t n_before = strlen(before), n_text = strlen(text), n_behind = strlen(behind);
    size_t most = n_before + ESCAPE_GROWTH * n_text + n_behind;
    char *bytes = calloc(1, most + SNIPPET_BLOCK);
    char *at = bytes;

    if (!bytes)
        return -ENOMEM;
    memcpy(at, before, n_before);
    at = escape_put(at + n_before, bytes + most, (struct text){text, (uint32_t)n_text});
    memcpy(at, behind, n_behind);
    at += n_behind;
    *snippet = (struct snippet){bytes, (uint32_t)(at - bytes)};
    return 0;
}

int snippet_set(struct snippet *snippet, const char *bytes, uint32_t length)
{
    char *copy = calloc(1, (size_t)length + SNIPPET_BLOCK);

    if (!copy)
        return -ENOMEM;
    if (length > 0)
        memcpy(copy, bytes, length);
    *snippet = (struct snippet){copy, length};
    return 0;
}

void snippet_deinit(struct snippet *snippet)
{
    free(snippet->bytes);
    *snippet = (struct snippet){0};
}
