// SPDX-License-Identifier: Apache-2.0
#include "record/moment.h"

uint64_t moment_wall(const struct wall_offset *wall, const struct field *field, uint64_t bits)
{
    if (!field->is_signed && bits > INT64_MAX)
        return MOMENT_NEVER;
    return bits + (uint64_t)(field->meaning == MEANING_BOOTTIME ? wall_offset_of_boottime(wall)
                                                                : wall->offset);
}
