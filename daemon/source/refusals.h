// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The programs of an object that this kernel cannot run, gathered so that one message names all of
 * them and what would be left without them. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct object;

struct refusals {
    struct error first; /* as it was, and its code */
    int code;
    const char *program; /* of the first; lives as long as the object */
    uint32_t count;
    char lines[ERROR_TEXT_MAX]; /* the first line of each; later ones are cut */
};

/* program: that the kernel cannot run; code: the -errno of why. */
void refusals_add(struct refusals *refusals, const char *program, int code,
                  const struct error *why);
/* The chosen programs of the object are those that would be left. Returns the code of the first and
 * the message, with the option that leaves the others out if any would be left; 0 if nothing was
 * added. */
int refusals_report(const struct refusals *refusals, const struct object *object,
                    struct error *error);
