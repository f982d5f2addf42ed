// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Times that count from the boot of a machine, and what they are elsewhere. */

#include "base/clock.h"
#include "record/schema.h"

/* A time by one of the machine's own clocks, which say nothing on another one. */
static inline bool moment_is_since_boot(enum field_meaning meaning)
{
    return meaning == MEANING_KTIME || meaning == MEANING_BOOTTIME;
}

/* The ns since 1970 of such a time. Wraps on nonsense, never traps. */
static inline uint64_t moment_wall(const struct wall_offset *wall, enum field_meaning meaning,
                                   uint64_t bits)
{
    return bits +
           (uint64_t)(meaning == MEANING_BOOTTIME ? wall_offset_of_boottime(wall) : wall->offset);
}
