// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Finding types in BTF. What is returned belongs to btf and lives as long as it. */

#include <stdint.h>

#include "base/error.h"

struct btf;
struct btf_type;

enum { LOOKUP_CANDIDATES_MAX = 10 }; /* structs that an error lists */

/* The struct called "exec_event" or "struct exec_event", or what a typedef of that name stands for.
 * type_name NULL: the one struct that the object keeps on purpose, by a variable like
 * `const struct exec_event *unused_exec_event`. 0, or -ENOENT with a sentence that lists the
 * structs there are. */
int lookup_struct(const struct btf *btf, const char *type_name, struct error *error,
                  const struct btf_type **ret_type);

/* The type without typedefs and qualifiers; NULL where the chain leads nowhere, or is longer than
 * any compiler makes it (a circle). */
const struct btf_type *lookup_bare(const struct btf *btf, uint32_t id);

/* The type's name, "" when it has none. */
const char *lookup_name(const struct btf *btf, const struct btf_type *type);
