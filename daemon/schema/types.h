// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A file that may hold types: an ELF with BTF, with DWARF, with both or neither; or raw BTF, such
 * as /sys/kernel/btf/vmlinux (a kernel module's leans on that one, which is then read as well).
 * Any thread. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct btf;

/* Bytes of a file; a kernel with all its DWARF has 1 GiB. */
#define TYPES_FILE_MAX (INT64_C(4) << 30)

struct types {
    const struct btf *btf; /* NULL: it has none */
    const void *elf;       /* NULL: it is raw BTF */
    size_t elf_size;
    bool is_bpf;     /* an ELF for the BPF machine */
    bool has_dwarf;  /* an ELF with .debug_info */
    struct btf *own; /* what is freed with it */
    struct btf *base;
    void *bytes;
};

/* 0 and what the caller owns, or -errno and a sentence, which begins with the path: -EINVAL, the
 * file is neither ELF nor BTF, or damaged; what open() and read() give; -ENOMEM. */
int types_open(const char *path, struct error *error, struct types **ret);

/* As types_open(), for bytes in memory, which must outlive *ret; the sentence has no path. */
int types_open_memory(const void *bytes, size_t size, struct error *error, struct types **ret);

/* Accepts NULL. */
void types_free(struct types *types);
DEFINE_CLEANUP(struct types, types_free);
