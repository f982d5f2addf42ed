// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which map the bytes of a BPF object are about: in section .maps each map is a symbol. All indexes
 * and lengths are checked before use. */

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct map_symbols {
    Elf *elf;
    Elf_Data *symbols;
    size_t n_symbols;
    size_t names; /* index of the symbols' string table */
    size_t maps;  /* index of section .maps; 0: there is none, or there are no symbols */
};

/* elf must outlive it. 0, or -EINVAL and a sentence if the ELF is damaged. */
int map_symbols_open(const void *elf, size_t size, struct error *error, struct map_symbols *ret);
/* Accepts a zeroed one. */
void map_symbols_close(struct map_symbols *file);

/* The name of the map that contains the offset in .maps; NULL: none. */
const char *map_symbols_at(const struct map_symbols *file, uint64_t offset);
/* The name of the map that a relocation leads to, at so many bytes from its symbol; NULL: it leads
 * to something else. */
const char *map_symbols_target(const struct map_symbols *file, const GElf_Rel *relocation,
                               uint64_t addend);
