// SPDX-License-Identifier: Apache-2.0

/* Sorted by insertion: enums are short or, when long, mostly declared in order, and insertion keeps
 * the first of equals first without a second key. */

#include "encode/names.h"

#include <errno.h>
#include <stdlib.h>

int names_init(struct names *names, const struct field *field, enum quoting quoting)
{
    names->sorted = calloc((size_t)field->n_names + 1, sizeof(*names->sorted));
    if (!names->sorted)
        return -ENOMEM;
    for (uint32_t i = 0; i < field->n_names; i++) {
        int64_t value = field->names[i].value;
        struct name name = {.value = value};
        uint32_t at = names->count;

        if (names_find(names, value))
            continue;
        if (quote_snippet(quoting, field->names[i].name, &name.text) < 0)
            return -ENOMEM;
        for (; at > 0 && names->sorted[at - 1].value > value; at--)
            names->sorted[at] = names->sorted[at - 1];
        names->sorted[at] = name;
        names->count++;
    }
    return 0;
}

void names_deinit(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        snippet_deinit(&names->sorted[i].text);
    free(names->sorted);
    *names = (struct names){0};
}
