// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The DWARF of an ELF file in memory: executables, shared objects, and relocatable objects (.o) of
 * BPF, x86-64 and arm64. */

#include <elfutils/libdw.h>
#include <stddef.h>

#include "base/error.h"

struct debug_file {
    Dwarf *dwarf;
    Elf *elf;
    char *copy; /* of the file, where it had to be changed; NULL else */
};

/* image must outlive the file and is only read. -EINVAL: no ELF file, or a damaged one; -ENOENT: it
 * holds no DWARF; -ENOTSUP: of a machine whose relocations are not known, or of the other byte
 * order; -ENOMEM. */
int debug_file_open(const void *image, size_t size, struct error *error,
                    struct debug_file *ret_file);
/* Accepts a zeroed one. */
void debug_file_close(struct debug_file *file);
