// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `map:` sources: a ring that somebody else has made and writes to, taken over at the position that
 * its last consumer left. */

struct source_kind;

extern const struct source_kind source_map;
