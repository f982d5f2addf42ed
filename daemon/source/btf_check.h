// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Finds damage that libbpf 1.1 does not check for and would crash on: types in section .BTF that
 * refer to types or names that do not exist, or to themselves. */

#include <stddef.h>

#include "base/error.h"

/* The bytes must have passed elf_check(). 0, also if there is no BTF, or -EINVAL and a sentence. */
int btf_check(const void *elf, size_t size, struct error *error);
