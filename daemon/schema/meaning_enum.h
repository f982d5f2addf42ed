// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Meanings of an integer whose values have names in an enum that is not its type:
 *
 *     flags:ENUM    its bits have the names
 *     enum:ENUM     its values have the names
 *
 * The field becomes an enum. Who makes the choice looks up the enum first. */

#include "schema/meaning.h"

/* The enum of such a meaning; "": none is named, or several; NULL: it is another meaning. */
const char *meaning_enum_name(const char *as);

/* Gives the field the meaning, with the names of choice->named. 0, or -errno with a sentence, as
 * meaning_apply(). */
int meaning_enum_choose(struct schema *schema, const struct meaning_choice *choice,
                        struct field *field, struct error *error);
