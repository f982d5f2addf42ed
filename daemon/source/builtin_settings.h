// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The keys that one built-in program has of its own, such as a threshold. Each is a `const
 * volatile` global of the program, of the same name. */

#include <stdint.h>

#include "base/error.h"
#include "config/setting.h"
#include "source/builtin.h"

enum { BUILTIN_SETTINGS_MAX = 16 };

struct object;

/* Filled by setting_bind_tables(); zeroed at first. */
struct builtin_values {
    struct setting rows[BUILTIN_SETTINGS_MAX + 1];
    uint64_t values[BUILTIN_SETTINGS_MAX]; /* each holds what its row's type says */
};

/* The program's settings and where they are bound. builtin: NULL has none. */
struct setting_table builtin_settings_table(const struct builtin *builtin,
                                            struct builtin_values *values);

/* Sets the globals of an object that is not loaded yet, and leaves out programs whose setting is
 * off. 0, or -EINVAL and a sentence, which only a mistake in a program or its row causes. */
int builtin_settings_apply(const struct builtin *builtin, const struct builtin_values *values,
                           struct object *object, struct error *error);
