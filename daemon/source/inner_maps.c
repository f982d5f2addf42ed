// SPDX-License-Identifier: Apache-2.0

/* In section .maps each map is a symbol, and each initialised slot is a relocation within its bytes
 * that names another map. All indexes and lengths are checked before use. */

#include "source/inner_maps.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>

struct inner_maps_file {
    Elf *elf;
    Elf_Data *symbols;
    size_t n_symbols;
    size_t names; /* index of the symbols' string table */
    size_t maps;  /* index of section .maps; 0: there is none */
};

static const char *symbol_name(const struct inner_maps_file *file, const GElf_Sym *symbol)
{
    const char *name = elf_strptr(file->elf, file->names, symbol->st_name);

    return name ? name : "";
}

static void find_sections(struct inner_maps_file *file)
{
    Elf_Scn *section = NULL;
    size_t names;

    if (elf_getshdrstrndx(file->elf, &names) < 0)
        return;
    while ((section = elf_nextscn(file->elf, section))) {
        GElf_Shdr header;
        const char *name;

        if (!gelf_getshdr(section, &header))
            continue;
        name = elf_strptr(file->elf, names, header.sh_name);
        if (name && strcmp(name, ".maps") == 0)
            file->maps = elf_ndxscn(section);
        if (header.sh_type == SHT_SYMTAB && header.sh_entsize > 0) {
            file->symbols = elf_getdata(section, NULL);
            file->n_symbols = header.sh_size / header.sh_entsize;
            file->names = header.sh_link;
        }
    }
}

/* The name of the map that contains the offset; NULL: none. */
static const char *map_at(const struct inner_maps_file *file, uint64_t offset)
{
    for (size_t i = 0; i < file->n_symbols; i++) {
        GElf_Sym symbol;

        if (!gelf_getsym(file->symbols, (int)i, &symbol))
            return NULL;
        if (symbol.st_shndx == file->maps && GELF_ST_TYPE(symbol.st_info) == STT_OBJECT &&
            offset >= symbol.st_value && offset - symbol.st_value < symbol.st_size)
            return symbol_name(file, &symbol);
    }
    return NULL;
}

static void read_relocations(const struct inner_maps_file *file, Elf_Scn *section,
                             void (*call)(void *data, const char *outer, const char *inner),
                             void *data)
{
    Elf_Data *relocations = elf_getdata(section, NULL);
    GElf_Rel relocation;
    GElf_Sym symbol;

    for (int i = 0; relocations && gelf_getrel(relocations, i, &relocation); i++) {
        const char *outer = map_at(file, relocation.r_offset);

        if (outer && gelf_getsym(file->symbols, (int)GELF_R_SYM(relocation.r_info), &symbol) &&
            symbol.st_shndx == file->maps)
            call(data, outer, symbol_name(file, &symbol));
    }
}

int inner_maps_each(const void *elf, size_t size,
                    void (*call)(void *data, const char *outer, const char *inner), void *data,
                    struct error *error)
{
    struct inner_maps_file file = {0};
    Elf_Scn *section = NULL;

    elf_version(EV_CURRENT);
    /* libelf does not write, but its parameter is not const */
    file.elf = elf_memory((char *)(uintptr_t)elf, size);
    if (!file.elf)
        return error_set(error, -EINVAL, "cannot be read: %s", elf_errmsg(-1));
    find_sections(&file);
    while (file.maps > 0 && file.symbols && (section = elf_nextscn(file.elf, section))) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_REL &&
            header.sh_info == file.maps)
            read_relocations(&file, section, call, data);
    }
    elf_end(file.elf);
    return 0;
}
