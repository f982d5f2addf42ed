// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The second half of a message about a name that does not exist: what is allowed, and the nearest
 * of it. Offer the candidates one by one, then read the text:
 *
 *     allowed are json, text; did you mean "json"?
 *
 * Holds pointers only; name and candidates must outlive it. */

#include <stddef.h>

#include "base/nearest.h"

enum { REFUSAL_TEXT_MAX = 1024 }; /* bytes; a longer list of candidates ends in "..." */

struct refusal {
    struct nearest nearest;
    size_t used;
    char text[REFUSAL_TEXT_MAX];
};

/* For a name that does not exist. */
void refusal_init(struct refusal *refusal, const char *name);
/* Adds a name that exists, in the order in which they are listed. */
void refusal_offer(struct refusal *refusal, const char *candidate);

/* Valid as long as the struct. Offer nothing afterwards. */
const char *refusal_text(struct refusal *refusal);
