// SPDX-License-Identifier: Apache-2.0

/* Sorted by insertion: enums are short or, when long, mostly declared in order, and insertion keeps
 * the first of equals first without a second key. */

#include "encode/enum_names.h"

#include <errno.h>
#include <stdlib.h>

int enum_names_init(struct enum_names *names, const struct field *field, enum quoting quoting)
{
    names->sorted = calloc((size_t)field->n_names + 1, sizeof(*names->sorted));
    if (!names->sorted)
        return -ENOMEM;
    for (uint32_t i = 0; i < field->n_names; i++) {
        int64_t value = field->names[i].value;
        struct enum_names_entry name = {.value = value};
        uint32_t at = names->count;

        if (enum_names_find(names, value))
            continue;
        if (quote_prepare(quoting, field->names[i].name, &name.text) < 0)
            return -ENOMEM;
        for (; at > 0 && names->sorted[at - 1].value > value; at--)
            names->sorted[at] = names->sorted[at - 1];
        names->sorted[at] = name;
        names->count++;
    }
    return 0;
}

void enum_names_deinit(struct enum_names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        prepared_text_deinit(&names->sorted[i].text);
    free(names->sorted);
    *names = (struct enum_names){0};
}
