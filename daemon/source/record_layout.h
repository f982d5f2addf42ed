// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether records that other programs wrote can be read as this config says. */

#include <stdint.h>

struct source;

/* A hash of the place of each value of each type of each stream. The source must be open. */
uint64_t record_layout(const struct source *source);
