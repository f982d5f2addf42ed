// SPDX-License-Identifier: Apache-2.0

/* libelf allocates what a file's header asks for, so the counts in it are looked at first, and the
 * length of each section before it is read. Names stay where the file has them: many symbols may
 * share one.
 *
 * A symbol without a length ends where its section does; the nearest symbol before an address that
 * reaches it is its function. */

#include "base/elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sorted.h"

enum {
    SEGMENTS_LOOKED_AT = 512,
    NOTES_MAX = 64 * 1024, /* bytes of one segment of notes */
    ID_BYTES = 8,          /* of a build id that are shown */
    AROUND_MAX = 16,       /* symbols before an address that are looked at */
    FILE_NAME_MAX = 255,
};

struct elf_symbol {
    uint64_t address; /* first: see base/sorted.h */
    uint64_t end;
    uint32_t name;
    uint32_t rank; /* of several at an address the lowest is shown */
};

struct segment {
    uint64_t offset, address, size;
};

struct elf_symbols {
    struct elf_symbol *symbols;
    uint32_t n_symbols;
    char *names; /* n_names bytes and a NUL */
    size_t n_names;
    struct segment segments[ELF_SYMBOLS_SEGMENTS_MAX];
    uint32_t n_segments;
    char id[2 * ID_BYTES + 1]; /* "": none */
};

static void cleanup_elf(Elf **elf)
{
    elf_end(*elf);
}

void elf_symbols_free(struct elf_symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->symbols);
    free(symbols->names);
    free(symbols);
}

size_t elf_symbols_size(const struct elf_symbols *symbols)
{
    return sizeof(*symbols) + symbols->n_symbols * sizeof(*symbols->symbols) + symbols->n_names;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Counts that are so high that they are elsewhere are refused, too. */
static bool are_counts_plausible(uint64_t sections_at, uint32_t sections, uint32_t segments)
{
    return segments <= SEGMENTS_LOOKED_AT && sections < SHN_LORESERVE &&
           (sections > 0 || sections_at == 0);
}

static bool is_plausible(int fd)
{
    static const unsigned char order =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    union {
        unsigned char ident[EI_NIDENT];
        Elf32_Ehdr narrow;
        Elf64_Ehdr wide;
    } head = {0};
    ssize_t got = pread(fd, &head, sizeof(head), 0);

    if (got < (ssize_t)sizeof(head.narrow) || memcmp(head.ident, ELFMAG, SELFMAG) != 0 ||
        head.ident[EI_DATA] != order)
        return false;
    if (head.ident[EI_CLASS] == ELFCLASS32)
        return are_counts_plausible(head.narrow.e_shoff, head.narrow.e_shnum, head.narrow.e_phnum);
    return head.ident[EI_CLASS] == ELFCLASS64 && got == (ssize_t)sizeof(head.wide) &&
           are_counts_plausible(head.wide.e_shoff, head.wide.e_shnum, head.wide.e_phnum);
}

/* Of a build id the beginning. False: these notes have none. */
static bool read_id(struct elf_symbols *symbols, Elf_Data *notes)
{
    size_t at = 0, next, name, bytes;
    GElf_Nhdr note;

    while ((next = gelf_getnote(notes, at, &note, &name, &bytes)) > 0) {
        const unsigned char *from = (const unsigned char *)notes->d_buf + bytes;

        at = next;
        if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(ELF_NOTE_GNU) ||
            memcmp((const char *)notes->d_buf + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) != 0)
            continue;
        for (uint32_t i = 0; i < ID_BYTES && i < note.n_descsz; i++)
            snprintf(symbols->id + 2 * (size_t)i, 3, "%02x", from[i]);
        return true;
    }
    return false;
}

static void read_segment(struct elf_symbols *symbols, Elf *elf, const GElf_Phdr *head)
{
    Elf_Data *notes;

    if (head->p_type == PT_LOAD && head->p_flags & PF_X &&
        symbols->n_segments < ELF_SYMBOLS_SEGMENTS_MAX)
        symbols->segments[symbols->n_segments++] =
            (struct segment){head->p_offset, head->p_vaddr, head->p_filesz};
    if (head->p_type != PT_NOTE || *symbols->id || head->p_filesz > NOTES_MAX ||
        head->p_offset > INT64_MAX)
        return;
    notes = elf_getdata_rawchunk(elf, (int64_t)head->p_offset, head->p_filesz,
                                 head->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (notes && notes->d_buf)
        read_id(symbols, notes);
}

static void read_segments(struct elf_symbols *symbols, Elf *elf)
{
    size_t count = 0;
    GElf_Phdr head;

    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count && i < SEGMENTS_LOOKED_AT; i++)
        if (gelf_getphdr(elf, (int)i, &head))
            read_segment(symbols, elf, &head);
}

/* ---- symbols --------------------------------------------------------------------------------- */

static Elf_Data *read_section(Elf_Scn *section, GElf_Shdr *ret_head)
{
    if (!section || !gelf_getshdr(section, ret_head) || ret_head->sh_type == SHT_NOBITS ||
        ret_head->sh_size > ELF_SYMBOLS_BYTES_MAX || ret_head->sh_flags & SHF_COMPRESSED)
        return NULL;
    return elf_getdata(section, NULL);
}

static Elf_Scn *find_section(Elf *elf, uint32_t type)
{
    Elf_Scn *section = NULL;
    GElf_Shdr head;

    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, &head) && head.sh_type == type && head.sh_size > 0)
            break;
    return section;
}

/* Where the section ends; 0: it has no addresses. */
static uint64_t section_end(Elf *elf, uint32_t index)
{
    Elf_Scn *section = index < SHN_LORESERVE ? elf_getscn(elf, index) : NULL;
    GElf_Shdr head;

    return section && gelf_getshdr(section, &head) && head.sh_flags & SHF_ALLOC
               ? head.sh_addr + head.sh_size
               : 0;
}

/* Names that others may use come first, as in a debugger. */
static uint32_t rank_of(const GElf_Sym *symbol)
{
    uint32_t bind = GELF_ST_BIND(symbol->st_info);

    return (symbol->st_size == 0) * 4 + (bind == STB_GLOBAL ? 0 : bind == STB_WEAK ? 1 : 2);
}

static void add_symbol(struct elf_symbols *symbols, Elf *elf, const GElf_Sym *symbol)
{
    uint32_t type = GELF_ST_TYPE(symbol->st_info);
    uint64_t end;

    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol->st_shndx == SHN_UNDEF ||
        symbol->st_name >= symbols->n_names || !symbols->names[symbol->st_name])
        return;
    end = symbol->st_size ? symbol->st_value + symbol->st_size : section_end(elf, symbol->st_shndx);
    if (end > symbol->st_value)
        symbols->symbols[symbols->n_symbols++] =
            (struct elf_symbol){symbol->st_value, end, symbol->st_name, rank_of(symbol)};
}

static int compare_symbols(const void *a, const void *b)
{
    const struct elf_symbol *left = a, *right = b;

    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->name < right->name ? -1 : left->name > right->name;
}

static int keep_names(struct elf_symbols *symbols, const Elf_Data *names)
{
    symbols->names = malloc(names->d_size + 1);
    if (!symbols->names)
        return -ENOMEM;
    memcpy(symbols->names, names->d_buf, names->d_size);
    symbols->names[names->d_size] = '\0';
    symbols->n_names = names->d_size;
    return 0;
}

/* Without a table that can be read: none. */
static int read_table(struct elf_symbols *symbols, Elf *elf, Elf_Scn *section)
{
    GElf_Shdr head, of_names;
    Elf_Data *data = read_section(section, &head), *names;
    size_t count = data && head.sh_entsize ? data->d_size / head.sh_entsize : 0;
    GElf_Sym symbol;

    names = count ? read_section(elf_getscn(elf, head.sh_link), &of_names) : NULL;
    if (!names || !names->d_buf || of_names.sh_type != SHT_STRTAB)
        return 0;
    count = count < ELF_SYMBOLS_MAX ? count : ELF_SYMBOLS_MAX;
    symbols->symbols = calloc(count, sizeof(*symbols->symbols));
    if (!symbols->symbols || keep_names(symbols, names) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (gelf_getsym(data, (int)i, &symbol))
            add_symbol(symbols, elf, &symbol);
    qsort(symbols->symbols, symbols->n_symbols, sizeof(*symbols->symbols), compare_symbols);
    return 0;
}

int elf_symbols_read(int fd, struct elf_symbols **ret)
{
    _cleanup_(cleanup_elf_symbols_free) struct elf_symbols *symbols = NULL;
    _cleanup_(cleanup_elf) Elf *elf = NULL;
    Elf_Scn *section;
    int r;

    if (!is_plausible(fd) || elf_version(EV_CURRENT) == EV_NONE)
        return -EBADMSG;
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF)
        return -EBADMSG;
    symbols = calloc(1, sizeof(*symbols));
    if (!symbols)
        return -ENOMEM;
    read_segments(symbols, elf);
    section = find_section(elf, SHT_SYMTAB);
    r = read_table(symbols, elf, section ? section : find_section(elf, SHT_DYNSYM));
    if (r < 0)
        return r;
    *ret = TAKE_PTR(symbols);
    return 0;
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool find_address(const struct elf_symbols *symbols, uint64_t offset, uint64_t *ret)
{
    for (uint32_t i = 0; i < symbols->n_segments; i++) {
        const struct segment *segment = &symbols->segments[i];

        if (offset < segment->offset || offset - segment->offset >= segment->size)
            continue;
        *ret = segment->address + (offset - segment->offset);
        return true;
    }
    return false;
}

static const struct elf_symbol *find_symbol(const struct elf_symbols *symbols, uint64_t address)
{
    uint32_t at =
        sorted_count_to(symbols->symbols, symbols->n_symbols, sizeof(*symbols->symbols), address);
    const struct elf_symbol *best = NULL;

    for (uint32_t i = 0; i < AROUND_MAX && at > 0; i++) {
        const struct elf_symbol *symbol = &symbols->symbols[--at];

        if (best && symbol->address != best->address)
            break;
        if (symbol->end > address)
            best = symbol;
    }
    return best;
}

int elf_symbols_find(const struct elf_symbols *symbols, uint64_t offset, const char *file,
                     char *name, uint32_t room)
{
    uint32_t rest = room - 24 - (uint32_t)strnlen(file, FILE_NAME_MAX); /* for a function */
    const struct elf_symbol *symbol;
    uint64_t address;
    char text[1024];
    int length;

    if (room < 400 || !find_address(symbols, offset, &address))
        return -ENOENT;
    symbol = find_symbol(symbols, address);
    if (symbol)
        length = snprintf(text, sizeof(text), "%.*s+0x%llx (%.*s)", (int)rest,
                          symbols->names + symbol->name,
                          (unsigned long long)(address - symbol->address), FILE_NAME_MAX, file);
    else
        length = snprintf(text, sizeof(text), "%.*s+0x%llx%s%s%s", FILE_NAME_MAX, file,
                          (unsigned long long)address, *symbols->id ? " [" : "", symbols->id,
                          *symbols->id ? "]" : "");
    if (length < 0 || (uint32_t)length > room || (size_t)length >= sizeof(text))
        return -ENOENT;
    memcpy(name, text, (size_t)length);
    return length;
}
