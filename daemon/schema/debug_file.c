// SPDX-License-Identifier: Apache-2.0

/* libdw reads the debug sections of a file as they are. In a relocatable object, which is what
 * every BPF object is, they are not finished: where a string or another section is referred to, a
 * relocation says what to add. libdwfl could do that, but its 0.188 knows BPF's relocations only
 * as clang before 13 wrote them, and it drags a whole model of processes in. So they are applied
 * here, to a copy; the few kinds that compilers use in debug sections all mean "the symbol's value
 * plus what is there", in 4 or 8 bytes.
 *
 * Files without relocations are read in place, without a copy, unless sections are compressed:
 * libelf then changes their headers in the image. */

#include "schema/debug_file.h"

#include <endian.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef R_BPF_64_ABS64 /* newer than this machine's elf.h */
#define R_BPF_64_ABS64    2
#define R_BPF_64_ABS32    3
#define R_BPF_64_NODYLD32 4
#endif

static const struct {
    uint16_t machine;
    uint32_t type;
    uint32_t width; /* bytes */
} relocations[] = {
    {EM_BPF, R_BPF_64_ABS64, 8},       {EM_BPF, R_BPF_64_ABS32, 4},
    {EM_BPF, R_BPF_64_NODYLD32, 4},    {EM_BPF, 1 /* R_BPF_64_64 */, 8}, /* clang before 13 */
    {EM_BPF, 10 /* R_BPF_64_32 */, 4},                                   /* clang before 13 */
    {EM_X86_64, R_X86_64_64, 8},       {EM_X86_64, R_X86_64_32, 4},
    {EM_X86_64, R_X86_64_32S, 4},      {EM_AARCH64, R_AARCH64_ABS64, 8},
    {EM_AARCH64, R_AARCH64_ABS32, 4},
};

static bool is_known_machine(uint16_t machine)
{
    for (size_t i = 0; i < sizeof(relocations) / sizeof(*relocations); i++)
        if (relocations[i].machine == machine)
            return true;
    return false;
}

/* Bytes that a relocation changes; 0: it has nothing to say about types. */
static uint32_t width_of(uint16_t machine, uint64_t type)
{
    for (size_t i = 0; i < sizeof(relocations) / sizeof(*relocations); i++)
        if (relocations[i].machine == machine && relocations[i].type == type)
            return relocations[i].width;
    return 0;
}

static int refuse_damage(struct error *error, const char *what)
{
    return error_set(error, -EINVAL, "the ELF file is damaged: %s", what);
}

static const char *section_name(Elf *elf, Elf_Scn *section)
{
    size_t strings;
    GElf_Shdr header;
    const char *name = NULL;

    if (elf_getshdrstrndx(elf, &strings) == 0 && gelf_getshdr(section, &header))
        name = elf_strptr(elf, strings, header.sh_name);
    return name ? name : "";
}

/* ---- relocations ---- */

/* What one section's relocations need. */
struct patch {
    uint16_t machine;
    Elf_Data *target;
    Elf_Data *symbols;
    Elf_Data *entries;
    bool has_addends; /* RELA */
};

static bool read_entry(const struct patch *patch, int index, GElf_Rela *ret_entry)
{
    GElf_Rel entry;

    if (patch->has_addends)
        return gelf_getrela(patch->entries, index, ret_entry) != NULL;
    if (!gelf_getrel(patch->entries, index, &entry))
        return false;
    *ret_entry = (GElf_Rela){.r_offset = entry.r_offset, .r_info = entry.r_info};
    return true;
}

static int apply_entry(const struct patch *patch, const GElf_Rela *entry, struct error *error)
{
    uint32_t width = width_of(patch->machine, GELF_R_TYPE(entry->r_info));
    uint64_t value = 0;
    GElf_Sym symbol;
    char *at;

    if (width == 0)
        return 0;
    if (!gelf_getsym(patch->symbols, (int)GELF_R_SYM(entry->r_info), &symbol))
        return refuse_damage(error, "a relocation refers to a missing symbol");
    if (patch->target->d_size < width || entry->r_offset > patch->target->d_size - width)
        return refuse_damage(error, "a relocation is outside its section");
    at = (char *)patch->target->d_buf + entry->r_offset;
    if (!patch->has_addends)
        memcpy(&value, at, width);
    value = le64toh(value) + symbol.st_value + (uint64_t)entry->r_addend;
    value = htole64(value);
    memcpy(at, &value, width);
    return 0;
}

static int apply_section(Elf *elf, uint16_t machine, Elf_Scn *section, const GElf_Shdr *header,
                         struct error *error)
{
    Elf_Scn *target = elf_getscn(elf, header->sh_info);
    Elf_Scn *symbols = elf_getscn(elf, header->sh_link);
    struct patch patch = {.machine = machine, .has_addends = header->sh_type == SHT_RELA};
    GElf_Rela entry;

    if (!target || strncmp(section_name(elf, target), ".debug_", strlen(".debug_")) != 0)
        return 0;
    patch.target = elf_rawdata(target, NULL);
    patch.symbols = symbols ? elf_getdata(symbols, NULL) : NULL;
    patch.entries = elf_getdata(section, NULL);
    if (!patch.target || !patch.target->d_buf || !patch.symbols || !patch.entries)
        return refuse_damage(error, "its relocations are unreadable");
    for (int i = 0; read_entry(&patch, i, &entry); i++) {
        int r = apply_entry(&patch, &entry, error);

        if (r < 0)
            return r;
    }
    return 0;
}

static int apply_relocations(Elf *elf, uint16_t machine, struct error *error)
{
    Elf_Scn *section = NULL;

    if (!is_known_machine(machine))
        return error_set(error, -ENOTSUP,
                         "a relocatable object for machine %u; supported are BPF, x86-64 and arm64",
                         machine);
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        int r;

        if (!gelf_getshdr(section, &header) ||
            (header.sh_type != SHT_REL && header.sh_type != SHT_RELA))
            continue;
        r = apply_section(elf, machine, section, &header, error);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- compressed sections ---- */

static bool is_compressed(Elf *elf, Elf_Scn *section)
{
    GElf_Shdr header;

    return (gelf_getshdr(section, &header) && header.sh_flags & SHF_COMPRESSED) ||
           strncmp(section_name(elf, section), ".zdebug_", strlen(".zdebug_")) == 0;
}

static bool has_compressed(Elf *elf)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)))
        if (is_compressed(elf, section))
            return true;
    return false;
}

/* Of an object with relocations, because those are meant for what comes out. */
static int decompress(Elf *elf, struct error *error)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section))) {
        const char *name = section_name(elf, section);
        GElf_Shdr header;

        if (strncmp(name, ".zdebug_", strlen(".zdebug_")) == 0)
            return error_set(error, -ENOTSUP,
                             "the object's DWARF is compressed in the obsolete GNU format "
                             "(.zdebug_*); compress it with zlib or zstd");
        if (strncmp(name, ".debug_", strlen(".debug_")) != 0 || !gelf_getshdr(section, &header) ||
            !(header.sh_flags & SHF_COMPRESSED))
            continue;
        if (elf_compress(section, 0, 0) < 0)
            return refuse_damage(error, "a compressed section cannot be unpacked");
    }
    return 0;
}

/* ---- the file ---- */

static int open_elf(const void *image, size_t size, struct error *error, Elf **ret_elf,
                    GElf_Ehdr *ret_header)
{
    const unsigned char *bytes = image;
    const int data = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

    if (size < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return error_set(error, -EINVAL, "not an ELF file");
    if (bytes[EI_DATA] != data)
        return error_set(error, -ENOTSUP, "the ELF file has the byte order of another machine");
    elf_version(EV_CURRENT);
    *ret_elf = elf_memory((char *)image, size);
    if (!*ret_elf || elf_kind(*ret_elf) != ELF_K_ELF || !gelf_getehdr(*ret_elf, ret_header))
        return refuse_damage(error, elf_errmsg(-1));
    return 0;
}

/* Opens the file again from a copy in our own memory, so that it can be changed. */
static int reopen_copy(const void *image, size_t size, struct error *error, struct debug_file *file)
{
    GElf_Ehdr header;

    elf_end(file->elf);
    file->elf = NULL;
    file->copy = malloc(size);
    if (!file->copy)
        return error_set(error, -ENOMEM, "out of memory");
    memcpy(file->copy, image, size);
    return open_elf(file->copy, size, error, &file->elf, &header);
}

static int open_dwarf(const void *image, size_t size, struct error *error, struct debug_file *file)
{
    GElf_Ehdr header;
    int r = open_elf(image, size, error, &file->elf, &header);

    if (r == 0 && (header.e_type == ET_REL || has_compressed(file->elf)))
        r = reopen_copy(image, size, error, file);
    if (r == 0 && header.e_type == ET_REL) {
        r = decompress(file->elf, error);
        if (r == 0)
            r = apply_relocations(file->elf, header.e_machine, error);
    }
    if (r < 0)
        return r;
    file->dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
    if (!file->dwarf)
        return error_set(error, -ENOENT, "the ELF file has no DWARF: %s", dwarf_errmsg(-1));
    return 0;
}

int debug_file_open(const void *image, size_t size, struct error *error,
                    struct debug_file *ret_file)
{
    struct debug_file file = {0};
    int r = open_dwarf(image, size, error, &file);

    if (r < 0)
        debug_file_close(&file);
    else
        *ret_file = file;
    return r;
}

void debug_file_close(struct debug_file *file)
{
    dwarf_end(file->dwarf);
    elf_end(file->elf);
    free(file->copy);
}
