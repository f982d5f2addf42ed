// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the kernel calls its addresses: the text symbols of /proc/kallsyms, those of modules and of
 * BPF programs included. Owned by one thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

enum {
    KERNEL_TEXT_MAX = 4 * 1024 * 1024, /* more are not read */
    KERNEL_TEXT_BYTES_MAX = 256 * 1024 * 1024,
    /* an address farther than that from a symbol's beginning is not in what it names */
    KERNEL_TEXT_SPAN_MAX = 1024 * 1024,
};

struct kernel_text;

/* Without any symbols. NULL: out of memory. */
struct kernel_text *kernel_text_new(void);
/* Accepts NULL. */
void kernel_text_free(struct kernel_text *symbols);
DEFINE_CLEANUP(struct kernel_text, kernel_text_free);

/* Replaces them by those of fd, an open /proc/kallsyms, which shows addresses if whoever opened it
 * may see them. 0, or -errno: the symbols are as before. */
int kernel_text_read(struct kernel_text *symbols, int fd);

/* Whether there were symbols, but all addresses were 0. */
bool kernel_text_are_hidden(const struct kernel_text *symbols);

/* Writes "symbol+0x1f", or "symbol+0x1f [module]", not NUL-ended, to name, which has room for
 * `room` bytes, and returns its length. -ENOENT: no symbol is near, or the name is longer. */
int kernel_text_find(const struct kernel_text *symbols, uint64_t address, char *name,
                     uint32_t room);
