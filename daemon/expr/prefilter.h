// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A check for a regular expression that is cheaper than a match: the literals that each match
 * begins and ends with, as far as its text says so plainly.
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

struct prefilter {
    bool anchored; /* ^: a match begins where the text does, with one of heads */
    bool ended; /* $: it ends where the text does, or before its last newline, with one of tails */
    bool whole; /* there is nothing to it but the anchors and heads, or heads, .* and tails */
    bool gap;   /* the latter */
    struct literals heads, tails;
};

/* Reads a regular expression that PCRE2 accepts, without options. */
void prefilter_read(const struct text *pattern, struct prefilter *ret);

enum prefilter_answer { PREFILTER_NO, PREFILTER_YES, PREFILTER_UNKNOWN };

/* Whether the text matches, as far as the literals decide it. */
enum prefilter_answer prefilter_decide(const struct prefilter *prefilter, const struct text *text);

/* How many bytes are equal at the beginning of all of them. */
uint32_t literals_common(const struct literals *literals);
