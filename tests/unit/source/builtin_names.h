// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The names of all built-in programs as messages list them, so that a new program changes no test
 * of a message. */

#include <stdio.h>

#include "source/builtin.h"

static inline const char *builtin_names(void)
{
    static char names[512];
    int used = 0;

    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        used += snprintf(names + used, sizeof(names) - (size_t)used, "%s%s", used ? ", " : "",
                         builtin->name);
    return names;
}
