// SPDX-License-Identifier: Apache-2.0

/* One loop for each size that a field can have, all made from the same lines: the compiler knows
 * the size in each. */

#include "pipeline/field_values.h"

#include <string.h>

#include "record/field.h"

static inline __attribute__((always_inline)) void read_all(struct field_values *values,
                                                           const struct field *field,
                                                           const struct ringmill_view *views,
                                                           uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        values->absent[i] = !field_present(field, &views[i]);
        values->values[i] = values->absent[i] ? 0 : field_integer(field, &views[i]);
    }
}

static inline __attribute__((always_inline)) void read_plain(struct field_values *values,
                                                             const struct field *field,
                                                             const struct ringmill_view *views,
                                                             uint32_t count, uint32_t size)
{
    const struct field plain = {
        .offset = field->offset, .size = size, .is_signed = field->is_signed};

    read_all(values, &plain, views, count);
}

void field_values_read(struct field_values *values, const struct field *field,
                       const struct ringmill_view *views, uint32_t count)
{
    switch (field->bits ? 0 : field->size) {
    case 1:
        return read_plain(values, field, views, count, 1);
    case 2:
        return read_plain(values, field, views, count, 2);
    case 4:
        return read_plain(values, field, views, count, 4);
    case 8:
        return read_plain(values, field, views, count, 8);
    default:
        return read_all(values, field, views, count);
    }
}

void field_values_read_tags(struct field_values *values, const struct ringmill_view *views,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag;

        memcpy(&tag, (const char *)views[i].data - sizeof(tag), sizeof(tag));
        values->absent[i] = false;
        values->values[i] = tag;
    }
}
