// SPDX-License-Identifier: Apache-2.0

/* Every table of names (keys, choices, sources, handlers...) refuses in the same words. */

#include "config/refusal.h"

#include <stdio.h>
#include <string.h>

enum { TAIL_MAX = 128 }; /* room kept for the nearest name, which is bounded itself */

void refusal_init(struct refusal *refusal, const char *name)
{
    nearest_init(&refusal->nearest, name);
    refusal->used = 0;
    refusal->text[0] = '\0';
}

void refusal_offer(struct refusal *refusal, const char *candidate)
{
    const size_t room = REFUSAL_TEXT_MAX - TAIL_MAX;
    const char *before = refusal->used > 0 ? ", " : "allowed are ";

    nearest_offer(&refusal->nearest, candidate);
    if (refusal->used >= room)
        return;
    if (refusal->used + strlen(before) + strlen(candidate) >= room) {
        before = refusal->used > 0 ? ", ..." : "allowed are ...";
        candidate = "";
    }
    snprintf(refusal->text + refusal->used, REFUSAL_TEXT_MAX - refusal->used, "%s%s", before,
             candidate);
    refusal->used = *candidate ? strlen(refusal->text) : room;
}

const char *refusal_text(struct refusal *refusal)
{
    size_t used = strlen(refusal->text);

    if (used == 0)
        used = (size_t)snprintf(refusal->text, REFUSAL_TEXT_MAX, "none are defined");
    if (refusal->nearest.best)
        snprintf(refusal->text + used, REFUSAL_TEXT_MAX - used, "; did you mean \"%s\"?",
                 refusal->nearest.best);
    return refusal->text;
}
