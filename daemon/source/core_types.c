// SPDX-License-Identifier: Apache-2.0

/* Section .BTF.ext: a header, and by section of code the relocations, of which each begins with the
 * place of an instruction and a type. */

#include "source/core_types.h"

#include <bpf/btf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "schema/btf_lookup.h"

enum { RELOCATIONS_MAX = 1 << 20, MAGIC = 0xeb9f, WORD = sizeof(uint32_t) };

/* Words of the header. */
enum { HEADER_LENGTH = 1, RELOCATIONS_AT = 6, RELOCATIONS_BYTES = 7, HEADER_WORDS = 8 };

static const Elf_Data *find_section(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    size_t names;

    if (elf_getshdrstrndx(elf, &names) < 0)
        return NULL;
    while ((section = elf_nextscn(elf, section))) {
        const char *name =
            gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

        if (name && strcmp(name, ".BTF.ext") == 0)
            return elf_getdata(section, NULL);
    }
    return NULL;
}

static uint32_t word_at(const char *bytes, size_t at)
{
    uint32_t word;

    memcpy(&word, bytes + at, sizeof(word));
    return word;
}

/* One list: the length of an entry, and then by section its name, a count and the entries. */
static void read_list(const char *bytes, size_t size, struct core_types *types)
{
    size_t entry = size >= WORD ? word_at(bytes, 0) : 0, at = WORD;

    if (entry < 2 * WORD || entry > size)
        return;
    types->ids = calloc(size / entry + 1, sizeof(*types->ids));
    while (types->ids && size - at >= 2 * WORD) {
        uint32_t count = word_at(bytes, at + WORD);

        at += 2 * WORD;
        for (; count > 0 && size - at >= entry && types->count < size / entry; count--) {
            types->ids[types->count++] = word_at(bytes, at + WORD);
            at += entry;
        }
        if (count > 0)
            return;
    }
}

void core_types_read(Elf *elf, struct core_types *ret)
{
    const Elf_Data *data = elf ? find_section(elf) : NULL;
    const char *bytes = data ? data->d_buf : NULL;
    size_t size = bytes ? data->d_size : 0, header, at, length;

    *ret = (struct core_types){0};
    if (size < HEADER_WORDS * WORD || (word_at(bytes, 0) & 0xffff) != MAGIC)
        return;
    header = word_at(bytes, HEADER_LENGTH * WORD);
    if (header < HEADER_WORDS * WORD || header > size)
        return;
    at = word_at(bytes, RELOCATIONS_AT * WORD);
    length = word_at(bytes, RELOCATIONS_BYTES * WORD);
    if (at <= size - header && length <= size - header - at && length <= RELOCATIONS_MAX)
        read_list(bytes + header + at, length, ret);
}

void core_types_deinit(struct core_types *types)
{
    free(types->ids);
}

bool core_types_have(const struct core_types *types, const struct btf *btf, const char *name)
{
    for (uint32_t i = 0; i < types->count; i++) {
        const struct btf_type *type = lookup_bare(btf, types->ids[i]);

        if (type && (i == 0 || types->ids[i] != types->ids[i - 1]) &&
            strcmp(lookup_name(btf, type), name) == 0)
            return true;
    }
    return false;
}
