// SPDX-License-Identifier: Apache-2.0
#pragma once

/* "Did you mean": of some candidates the one that is spelt most like a name. Offer the candidates
 * one by one, then read best. Holds pointers only; name and candidates must outlive it. */

enum { NEAREST_NAME_MAX = 64 }; /* bytes; longer names and candidates are never suggested */

struct nearest {
    const char *name;
    const char *best;  /* NULL while nothing is near enough */
    unsigned distance; /* of best */
};

void nearest_init(struct nearest *nearest, const char *name);

/* Takes the candidate as best if it is near enough (up to a third of the longer one's letters
 * differ, at least one, but not all) and nearer than the best so far; of equals the first one
 * stays. */
void nearest_offer(struct nearest *nearest, const char *candidate);
