// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What an ELF file calls the addresses of its code, and its build id. The file may be anybody's:
 * all it says is checked, and it is read, never mapped, since whoever cuts a mapped file ends the
 * process that looks at it. Owned by one thread. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum {
    ELF_SYMBOLS_MAX = 1024 * 1024,            /* functions of one file; more are not read */
    ELF_SYMBOLS_BYTES_MAX = 64 * 1024 * 1024, /* of a symbol table or its names; a longer one is
                                                 not read */
    ELF_SYMBOLS_SEGMENTS_MAX = 64,            /* of code; more are not read */
};

struct elf_symbols;

/* Reads .symtab, or else .dynsym, and the build id. The descriptor stays the caller's. 0, -ENOMEM,
 * or -EBADMSG: it is not an ELF file of this machine's byte order. */
int elf_symbols_read(int fd, struct elf_symbols **ret);
/* Accepts NULL. */
void elf_symbols_free(struct elf_symbols *symbols);
DEFINE_CLEANUP(struct elf_symbols, elf_symbols_free);

/* Bytes that they take. */
size_t elf_symbols_size(const struct elf_symbols *symbols);

/* What is at that offset of the file, which is called `file`: writes "function+0x1f (libc.so.6)",
 * or without a symbol "libc.so.6+0x12345 [0123456789abcdef]" with the file's address and the first
 * 8 bytes of its build id, not NUL-ended, to name, which has room for `room` bytes, at least 400.
 * Returns the length; a function's name is cut to fit. -ENOENT: there is no code. */
int elf_symbols_find(const struct elf_symbols *symbols, uint64_t offset, const char *file,
                     char *name, uint32_t room);
