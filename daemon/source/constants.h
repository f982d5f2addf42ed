// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `constants:`, values for an object's globals by name, those that are `const volatile` (.rodata)
 * and the first value of the others (.data, .bss): numbers, true and false, names of enums, texts
 * for char arrays, lists for arrays. */

#include "config/diag.h"
#include "config/node.h"

struct bpf_object;

/* Sets the globals of an object that is not loaded yet. constants may be NULL. 0, or -EINVAL
 * after at least one message; all mistakes are reported. */
int constants_set(struct bpf_object *object, const struct config_node *constants,
                  struct diag *diag);
