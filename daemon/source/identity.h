// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether the programs that are attached are the ones that would be attached now. Found out without
 * loading anything, and without privileges. */

#include "source/ledger.h"

struct error;
struct object;

/* A hash of everything that determines the programs in the kernel: the instructions with what is
 * put into them when they are loaded (maps, functions, the members of the kernel's structs), the
 * values of constants and variables, the definitions of maps, which programs are chosen, and where
 * they are attached. Not of names and types that only people and debuggers see. Call it before
 * object_load(), which may leave programs out. 0, or -errno and a sentence. */
int identity_of(const struct object *object, struct error *error, struct identity *ret);
