// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The state of any value as bytes for other machines, see docs/sketches.md. */

#include <stddef.h>
#include <stdint.h>

#include "aggregate/value.h"
#include "base/clock.h"

/* Bytes of it at most. */
size_t value_portable_max(const struct value *value);
/* Writes it; times of this machine's clock become those of the wall. Returns the bytes. */
size_t value_portable_write(const struct value *value, const void *state,
                            const struct wall_offset *wall, uint8_t *out);
/* Reads it into a zeroed state. 0; -EPROTO: it is of another version; -EINVAL: it is damaged, or of
 * another shape. */
int value_portable_read(const struct value *value, const uint8_t *bytes, size_t length,
                        void *ret_state);

/* The argument as others are told of it: no names of enums, no times of this machine's clock. */
struct field value_portable_argument(const struct value *value);
