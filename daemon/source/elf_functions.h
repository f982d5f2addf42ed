// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The functions of a program or library whose names match a pattern, for probes on many of them. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ELF_FUNCTIONS_MAX = 64 * 1024 }; /* that one pattern may match */

/* Finds a program in PATH and a library in the usual folders, by its name; a name with a slash is a
 * path already. 0, or -ENOENT and a sentence. */
int elf_functions_locate(const char *name, char *path, size_t size, struct error *error);

/* The offsets in the file of all functions that match ("*" and "?" stand for any text and any
 * character), each once, in ascending order. The caller frees *ret_offsets. 0, or -errno and a
 * sentence: -ENOENT if none matches. */
int elf_functions_find(const char *path, const char *pattern, struct error *error,
                       uint64_t **ret_offsets, uint32_t *ret_count);
