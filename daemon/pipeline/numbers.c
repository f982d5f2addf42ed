// SPDX-License-Identifier: Apache-2.0

/* One loop for each size that a field can have, all made from the same lines: the compiler knows
 * the size in each. */

#include "pipeline/numbers.h"

#include <string.h>

#include "record/field.h"

static inline __attribute__((always_inline)) void read_all(struct numbers *numbers,
                                                           const struct field *field,
                                                           const struct ringmill_view *views,
                                                           uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        numbers->absent[i] = !field_present(field, &views[i]);
        numbers->values[i] = numbers->absent[i] ? 0 : field_integer(field, &views[i]);
    }
}

static inline __attribute__((always_inline)) void read_plain(struct numbers *numbers,
                                                             const struct field *field,
                                                             const struct ringmill_view *views,
                                                             uint32_t count, uint32_t size)
{
    const struct field plain = {
        .offset = field->offset, .size = size, .is_signed = field->is_signed};

    read_all(numbers, &plain, views, count);
}

void numbers_read(struct numbers *numbers, const struct field *field,
                  const struct ringmill_view *views, uint32_t count)
{
    switch (field->bits ? 0 : field->size) {
    case 1:
        return read_plain(numbers, field, views, count, 1);
    case 2:
        return read_plain(numbers, field, views, count, 2);
    case 4:
        return read_plain(numbers, field, views, count, 4);
    case 8:
        return read_plain(numbers, field, views, count, 8);
    default:
        return read_all(numbers, field, views, count);
    }
}

void numbers_read_tags(struct numbers *numbers, const struct ringmill_view *views, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag;

        memcpy(&tag, (const char *)views[i].data - sizeof(tag), sizeof(tag));
        numbers->absent[i] = false;
        numbers->values[i] = tag;
    }
}
