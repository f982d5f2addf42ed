// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What can be told of a regular expression without a match: the literals that each match begins and
 * ends with, as far as its text says so plainly.
 *
 *     ^/tmp/                              heads  /tmp/                  whole: nothing else to it
 *     ^/var/(log|www)/.*\.(html|log)$     heads  /var/log/  /var/www/   whole, with a gap
 *                                         tails  .html  .log
 *     ^/proc/\d+/status$                  heads  /proc/                 there is more to it
 *                                         tails  /status
 *
 * Parts that are not plain text are left out; without literals the regular expression decides
 * alone. */

#include <stdbool.h>
#include <stdint.h>

#include "record/field.h"

enum {
    LITERALS_MAX = 8, /* in a set */
    LITERAL_MAX = 64, /* bytes of each */
};

/* A set of literals; n is 0 if nothing is known. */
struct literals {
    uint32_t n;
    uint8_t lengths[LITERALS_MAX];
    char bytes[LITERALS_MAX][LITERAL_MAX];
};

struct outline {
    bool anchored; /* ^: a match begins where the text does, with one of heads */
    bool ended; /* $: it ends where the text does, or before its last newline, with one of tails */
    bool whole; /* there is nothing to it but the anchors and heads, or heads, .* and tails */
    bool gap;   /* the latter */
    struct literals heads, tails;
};

/* Of a regular expression that PCRE2 takes, without options. */
void outline_read(const struct text *pattern, struct outline *ret);

enum outline_answer { OUTLINE_NO, OUTLINE_YES, OUTLINE_UNKNOWN };

/* Whether the text matches. */
enum outline_answer outline_decide(const struct outline *outline, const struct text *text);

/* The bytes that all of them begin with. */
uint32_t literals_common(const struct literals *literals);
