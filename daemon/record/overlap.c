// SPDX-License-Identifier: Apache-2.0

/* Bits and not bytes are compared, as bitfields share bytes without sharing bits. Where a text of a
 * ringmill_text lies is known of each record only: somewhere after the fixed part. So it is taken
 * to lie in whatever goes on until the sample's end. */

#include "record/overlap.h"

#include <stdio.h>

struct span {
    uint64_t begin, end; /* bits from the sample's start */
    bool open;           /* it goes on until the sample's end */
    bool placed;         /* what it names lies elsewhere in the sample */
};

static struct span span_of(const struct field *field)
{
    uint64_t begin = (uint64_t)field->offset * 8;
    uint64_t size = (uint64_t)field->size * 8;

    if (field->bits)
        return (struct span){begin + field->shift, begin + field->shift + field->bits, false,
                             false};
    if (field->kind == FIELD_ARRAY && field->count)
        size = (uint64_t)field->count * field->stride * 8;
    return (struct span){begin, size ? begin + size : UINT64_MAX, size == 0,
                         (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS) &&
                             !field->in_place};
}

static bool share(const struct field *a, const struct field *b)
{
    struct span one = span_of(a), other = span_of(b);

    return (one.begin < other.end && other.begin < one.end) || (one.placed && other.open) ||
           (one.open && other.placed);
}

static bool find(const struct field *fields, uint32_t n, const struct field *of, const char *around,
                 char *path, size_t room)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct field *field = &fields[i];
        char here[256];

        snprintf(here, sizeof(here), "%s%s%s", around, *around ? "." : "", field->name);
        if (field->kind == FIELD_STRUCT || field->kind == FIELD_UNION) {
            if (find(field->members, field->n_members, of, here, path, room))
                return true;
        } else if (!field->column && share(field, of)) {
            snprintf(path, room, "%s", here);
            return true;
        }
    }
    return false;
}

bool overlap_find(const struct schema *schema, const struct field *of, char *path, size_t room)
{
    return !of->column && find(schema->fields, schema->n_fields, of, "", path, room);
}
