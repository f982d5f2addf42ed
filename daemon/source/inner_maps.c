// SPDX-License-Identifier: Apache-2.0

/* Each initialised slot is a relocation within the bytes of its map that leads to another map. */

#include "source/inner_maps.h"

#include <libelf.h>

#include "source/map_symbols.h"

static void read_relocations(const struct map_symbols *file, Elf_Scn *section,
                             void (*call)(void *data, const char *outer, const char *inner),
                             void *data)
{
    Elf_Data *relocations = elf_getdata(section, NULL);
    GElf_Rel relocation;

    for (int i = 0; relocations && gelf_getrel(relocations, i, &relocation); i++) {
        const char *outer = map_symbols_at(file, relocation.r_offset);
        const char *inner = map_symbols_target(file, &relocation, 0);

        if (outer && inner)
            call(data, outer, inner);
    }
}

int inner_maps_each(const void *elf, size_t size,
                    void (*call)(void *data, const char *outer, const char *inner), void *data,
                    struct error *error)
{
    struct map_symbols file;
    Elf_Scn *section = NULL;
    int result = map_symbols_open(elf, size, error, &file);

    if (result < 0)
        return result;
    while (file.maps > 0 && (section = elf_nextscn(file.elf, section))) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_REL &&
            header.sh_info == file.maps)
            read_relocations(&file, section, call, data);
    }
    map_symbols_close(&file);
    return 0;
}
