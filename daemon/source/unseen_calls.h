// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

struct object;

/* Whether chosen programs trace functions of the kernel: the compiler may have inlined these into
 * their callers, and such calls leave no trace at all. */
bool unseen_calls_possible(const struct object *object);

/* Warns of calls that attached programs do not see: of copies that the compiler made of a function
 * for some of its callers, and of other functions with the same name. */
void unseen_calls_report(const struct object *object);
