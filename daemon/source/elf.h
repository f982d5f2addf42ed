// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Reads and checks the bytes of a BPF object before libbpf gets them. */

#include <stddef.h>

#include "base/error.h"

enum { ELF_FILE_MAX = 64 * 1024 * 1024 }; /* bytes; real objects have some hundred KiB */

/* Reads a whole file. 0 and bytes that the caller frees, or -errno and a sentence without the
 * path. */
int elf_read(const char *path, struct error *error, void **ret_bytes, size_t *ret_size);

/* Checks that the bytes are a BPF object for this machine, with all its sections. 0, or -EINVAL and
 * a sentence that says what they are instead. */
int elf_check(const void *bytes, size_t size, struct error *error);
