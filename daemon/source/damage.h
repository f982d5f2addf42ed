// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Damage that libbpf 1.1 does not look for, and would crash on: types in section .BTF that refer to
 * types or names that are not there, or to themselves. */

#include <stddef.h>

#include "base/error.h"

/* The bytes are an ELF that elf_check() likes. 0, also where there is no BTF, or -EINVAL and a
 * sentence. */
int damage_find(const void *elf, size_t size, struct error *error);
