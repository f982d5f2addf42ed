// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `map:` sources: a ring that another program created and writes to, read from the position that
 * its last consumer left. */

struct source_kind;

extern const struct source_kind source_map;
