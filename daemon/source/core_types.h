// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Types that CO-RE moves to where the running kernel has them: the object's own copies, often of a
 * few members, of types of the kernel. */

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

struct btf;

struct core_types {
    uint32_t *ids; /* of the object's BTF; may repeat */
    uint32_t count;
};

/* Reads the relocations of an object; what is damaged has none. The caller ends it. */
void core_types_read(Elf *elf, struct core_types *ret);
/* Accepts a zeroed one. */
void core_types_deinit(struct core_types *types);

/* Whether one of them has that name. */
bool core_types_have(const struct core_types *types, const struct btf *btf, const char *name);
