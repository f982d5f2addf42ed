// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Regular expressions: PCRE2 over bytes, compiled once, with its JIT where that may run. What a
 * match may cost is bounded: it looks at PATTERN_TEXT_MAX bytes of a text at most, and takes so
 * many steps. A match that reaches a limit is reported as given up. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/program.h"

enum {
    PATTERN_LENGTH_MAX = 4096, /* bytes of a regular expression */
    PATTERN_COUNT_MAX = 16,    /* of them in an expression */
    PATTERN_TEXT_MAX = 4096,   /* bytes of a text that it is matched with; longer ones match none */
    PATTERN_STEPS_MAX = 10000, /* PCRE2's match limit */
    PATTERN_HEAP_KIB_MAX = 256, /* its heap limit */
    PATTERN_ERROR_MAX = 256,
};

enum pattern_result { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

/* Lives as long as the program. 0; -EINVAL with what is wrong, and the byte of text at which it is;
 * -ENOMEM. */
int pattern_new(struct expr *expr, const struct text *text, char ret_wrong[PATTERN_ERROR_MAX],
                uint32_t *ret_at, struct pattern **ret);

/* What each match begins with, at the text's beginning; empty when that is not known. It lives as
 * long as the program. *ret_all: and what begins so is a match. */
struct text pattern_prefix(const struct pattern *pattern, bool *ret_all);

/* text.bytes is not NULL. One thread at a time. */
enum pattern_result pattern_match(const struct pattern *pattern, const struct text *text);

/* For tests: no pattern made from now on uses the JIT, as where memory may not be executable. */
void pattern_forbid_jit(bool forbidden);
