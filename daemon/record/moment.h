// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Times that count from the boot of a machine, and what they are elsewhere. */

#include "base/clock.h"
#include "record/field.h"
#include "record/schema.h"

/* A time by one of the machine's own clocks, which say nothing on another one. */
static inline bool moment_is_since_boot(enum field_meaning meaning)
{
    return meaning == MEANING_KTIME || meaning == MEANING_BOOTTIME;
}

/* Stands for an unsigned time that no clock reaches; as ns since 1970 it has no date, either. */
#define MOMENT_NEVER UINT64_MAX

/* The ns since 1970 of such a field's time. MOMENT_NEVER: an unsigned one of 2^63 or more. */
uint64_t moment_wall(const struct wall_offset *wall, const struct field *field, uint64_t bits);
