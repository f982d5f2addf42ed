// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How a text format quotes its texts.
 *
 *              text                     odd text          empty    null
 *     json     "ls"                     "a \"b\"\n"       ""       null
 *     logfmt   ls                       "a \"b\"\n"                null
 *     csv      ls                       "a ""b""\n"       ""
 *     text     ls                       a "b"\n                    -
 *
 * None ever writes a line feed or another control character, or what is not valid UTF-8: see
 * escape.h for what is there instead.
 *
 *     logfmt   quoted where go-logfmt does: a space, =, ", a control character, a byte that is not
 *              valid, or the text null. Inside quotes as in JSON
 *     csv      quoted where it holds a comma or a quote, begins or ends with a space, or is empty
 */

#include "encode/bounded_put.h"
#include "encode/prepared_text.h"
#include "record/field.h"

enum quoting { QUOTING_JSON, QUOTING_LOGFMT, QUOTING_CSV, QUOTING_TEXT };

/* Writes text, whose bytes are not NULL; like the functions of bounded_put.h. */
char *quote_text(enum quoting quoting, char *at, const char *end, struct text text);

/* As quote_text(), for bytes that need no escapes: printable ASCII without spaces, quotes, commas
 * and =, and not "null", as in a hex number, an address, a time or a C name. */
static inline char *quote_plain(enum quoting quoting, char *at, const char *end, const char *bytes,
                                size_t length)
{
    if (quoting != QUOTING_JSON)
        return put_bytes(at, end, bytes, length);
    if (!at || (size_t)(end - at) < length + 2)
        return NULL;
    *at++ = '"';
    memcpy(at, bytes, length);
    at += length;
    *at++ = '"';
    return at;
}

/* Writes null as the format has it. */
static inline char *quote_null(enum quoting quoting, char *at, const char *end)
{
    switch (quoting) {
    case QUOTING_CSV:
        return at;
    case QUOTING_TEXT:
        return put_char(at, end, '-');
    default:
        return put_bytes(at, end, "null", 4);
    }
}

/* Makes a prepared text of a text, with its quotes. 0 or -ENOMEM. */
int quote_prepare(enum quoting quoting, const char *text, struct prepared_text *ret);
