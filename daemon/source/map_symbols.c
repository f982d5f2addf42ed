// SPDX-License-Identifier: Apache-2.0
#include "source/map_symbols.h"

#include <errno.h>
#include <libelf.h>
#include <string.h>

static void find_sections(struct map_symbols *file)
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
    if (!file->symbols)
        file->maps = 0;
}

int map_symbols_open(const void *elf, size_t size, struct error *error, struct map_symbols *ret)
{
    *ret = (struct map_symbols){0};
    elf_version(EV_CURRENT);
    /* libelf does not write, but its parameter is not const */
    ret->elf = elf_memory((char *)(uintptr_t)elf, size);
    if (!ret->elf)
        return error_set(error, -EINVAL, "cannot be read: %s", elf_errmsg(-1));
    find_sections(ret);
    return 0;
}

void map_symbols_close(struct map_symbols *file)
{
    elf_end(file->elf);
}

const char *map_symbols_at(const struct map_symbols *file, uint64_t offset)
{
    for (size_t i = 0; i < file->n_symbols; i++) {
        const char *name;
        GElf_Sym symbol;

        if (!gelf_getsym(file->symbols, (int)i, &symbol))
            return NULL;
        if (symbol.st_shndx != file->maps || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT ||
            offset < symbol.st_value || offset - symbol.st_value >= symbol.st_size)
            continue;
        name = elf_strptr(file->elf, file->names, symbol.st_name);
        return name ? name : "";
    }
    return NULL;
}

const char *map_symbols_target(const struct map_symbols *file, const GElf_Rel *relocation,
                               uint64_t addend)
{
    GElf_Sym symbol;

    if (!gelf_getsym(file->symbols, (int)GELF_R_SYM(relocation->r_info), &symbol) ||
        symbol.st_shndx != file->maps)
        return NULL;
    return map_symbols_at(file, symbol.st_value + addend);
}
