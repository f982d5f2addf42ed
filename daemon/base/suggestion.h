// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The second half of a message about an unknown name: the names that exist, and the one that was
 * probably meant. Offer the known names one by one, then ask for the words:
 *
 *     allowed are json, text; did you mean "json"?
 *
 * Names are copied, so none need outlive the call that takes it. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    SUGGESTION_NAME_MAX = 64,   /* bytes; longer names are listed but never suggested */
    SUGGESTION_LIST_MAX = 896,  /* bytes; a longer list of names ends in "..." */
    SUGGESTION_WORDS_MAX = 1024 /* bytes of the words */
};

struct suggestion {
    char name[SUGGESTION_NAME_MAX + 2]; /* the unknown one; cut if it is too long to be similar */
    char best[SUGGESTION_NAME_MAX + 1]; /* the nearest known one; empty: none is near enough */
    unsigned distance;                  /* of best: edits between the two */
    char list[SUGGESTION_LIST_MAX];     /* the known names: "json, text" */
    size_t used;                        /* bytes of list */
    char words[SUGGESTION_WORDS_MAX];
};

/* Begins with no known names. */
void suggestion_init(struct suggestion *suggestion, const char *name);
/* As suggestion_init(), for a name that is not NUL-ended. */
void suggestion_init_part(struct suggestion *suggestion, const char *name, size_t length);

/* Adds a known name. It becomes the best one if it is near enough (up to a third of the longer
 * name's letters differ, at least one, but not all) and nearer than the best one so far. */
void suggestion_offer(struct suggestion *suggestion, const char *known);
/* As suggestion_offer(), for a name that is not NUL-ended. */
void suggestion_offer_part(struct suggestion *suggestion, const char *known, size_t length);

/* All known names, and the best one: `allowed are a, b; did you mean "b"?`. Valid until the struct
 * is used again, as the results of the next two are. */
const char *suggestion_words(struct suggestion *suggestion);
/* Only the best name: `; did you mean "b"?`, or "" if there is none. */
const char *suggestion_question(struct suggestion *suggestion);
/* Makes the best name, if there is one, a hint of the error, which may be NULL. */
void suggestion_hint(const struct suggestion *suggestion, struct error *error);
/* For names in expressions, where quotes would make a text: `did you mean b?`, or, if there is no
 * best name, the words and at most `most` known names: `its fields are a, b, ...`. */
const char *suggestion_or_list(struct suggestion *suggestion, const char *words, uint32_t most);
