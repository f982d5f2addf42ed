// SPDX-License-Identifier: Apache-2.0

/* A text is read before it is written: whether it needs quotes is known only at its end, and most
 * need none. */

#include "encode/quote.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "encode/escape.h"

static bool is_null(struct text text)
{
    return text.length == 4 && memcmp(text.bytes, "null", 4) == 0;
}

static bool logfmt_needs_quotes(struct text text)
{
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    uint32_t i = 0;

    while (i < text.length) {
        uint32_t length = 1;

        if (bytes[i] <= ' ' || bytes[i] == '=' || bytes[i] == '"' || bytes[i] == 0x7f)
            return true;
        if (bytes[i] >= 0x80)
            length = escape_sequence(bytes + i, text.length - i);
        if (length == 0 || (length > 1 && escape_control(bytes + i, length)))
            return true;
        i += length;
    }
    return is_null(text);
}

static bool csv_needs_quotes(struct text text)
{
    if (text.length == 0 || text.bytes[0] == ' ' || text.bytes[text.length - 1] == ' ')
        return true;
    return memchr(text.bytes, ',', text.length) || memchr(text.bytes, '"', text.length);
}

static char *put_quoted(char *at, const char *end, struct text text,
                        char *(*put)(char *out, const char *end, struct text text))
{
    at = put_char(at, end, '"');
    if (at)
        at = put(at, end, text);
    return put_char(at, end, '"');
}

char *quote_text(enum quoting quoting, char *at, const char *end, struct text text)
{
    if (!at)
        return NULL;
    switch (quoting) {
    case QUOTING_JSON:
        return put_quoted(at, end, text, escape_put);
    case QUOTING_LOGFMT:
        return logfmt_needs_quotes(text) ? put_quoted(at, end, text, escape_put)
                                         : put_bytes(at, end, text.bytes, text.length);
    case QUOTING_CSV:
        return csv_needs_quotes(text) ? put_quoted(at, end, text, escape_put_csv)
                                      : escape_put_bare(at, end, text);
    default:
        return escape_put_bare(at, end, text);
    }
}

int quote_prepare(enum quoting quoting, const char *text, struct prepared_text *ret)
{
    struct text whole = {text, (uint32_t)strlen(text)};
    size_t most = ESCAPE_GROWTH * (size_t)whole.length + 2;
    char *bytes = calloc(1, most);
    const char *after;
    int r;

    if (!bytes)
        return -ENOMEM;
    after = quote_text(quoting, bytes, bytes + most, whole);
    r = prepared_text_set(ret, bytes, (uint32_t)(after - bytes));
    free(bytes);
    return r;
}
