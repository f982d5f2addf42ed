// SPDX-License-Identifier: Apache-2.0

#include "source/elf_functions.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* ---- the file -------------------------------------------------------------------------------- */

int elf_functions_locate(const char *name, char *path, size_t size, struct error *error)
{
    static const char libraries[] = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
                                    "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:"
                                    "/lib64:/usr/lib64:/lib:/usr/lib";
    const char *folders = strstr(name, ".so") ? libraries : getenv("PATH");
    int length = 0;

    if (strchr(name, '/')) {
        snprintf(path, size, "%s", name);
        return 0;
    }
    for (folders = folders ? folders : "/usr/sbin:/usr/bin"; *folders; folders += length) {
        folders += *folders == ':';
        length = (int)strcspn(folders, ":");
        snprintf(path, size, "%.*s/%s", length, folders, name);
        if (length > 0 && access(path, R_OK) == 0)
            return 0;
    }
    error_set(error, -ENOENT, "no program or library is named \"%s\"", name);
    error_hint(error, "set binary: to its path");
    return -ENOENT;
}

/* ---- its functions --------------------------------------------------------------------------- */

struct offsets {
    uint64_t *items; /* owned */
    uint32_t count;
    uint32_t room;
};

static int add_offset(struct offsets *offsets, uint64_t offset)
{
    if (offsets->count == offsets->room) {
        uint32_t room = offsets->room ? offsets->room * 2 : 64;
        uint64_t *items =
            room <= ELF_FUNCTIONS_MAX ? reallocarray(offsets->items, room, sizeof(*items)) : NULL;

        if (!items)
            return room <= ELF_FUNCTIONS_MAX ? -ENOMEM : -E2BIG;
        offsets->items = items;
        offsets->room = room;
    }
    offsets->items[offsets->count++] = offset;
    return 0;
}

static int add_symbol(Elf *elf, const GElf_Sym *symbol, struct offsets *offsets)
{
    Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
    GElf_Shdr header;

    if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF || !section ||
        !gelf_getshdr(section, &header))
        return 0;
    return add_offset(offsets, symbol->st_value - header.sh_addr + header.sh_offset);
}

static int add_table(Elf *elf, Elf_Scn *table, const GElf_Shdr *header, const char *pattern,
                     struct offsets *offsets)
{
    Elf_Data *data = elf_getdata(table, NULL);
    GElf_Sym symbol;
    int result = 0;

    for (int i = 0; data && result == 0 && gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);

        if (name && fnmatch(pattern, name, 0) == 0)
            result = add_symbol(elf, &symbol, offsets);
    }
    return result;
}

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

/* A function is in both tables, or has several names. */
static void remove_repeated(struct offsets *offsets)
{
    uint32_t left = 0;

    if (offsets->count == 0)
        return;
    qsort(offsets->items, offsets->count, sizeof(*offsets->items), compare);
    for (uint32_t i = 0; i < offsets->count; i++)
        if (left == 0 || offsets->items[left - 1] != offsets->items[i])
            offsets->items[left++] = offsets->items[i];
    offsets->count = left;
}

static int read_tables(Elf *elf, const char *pattern, struct offsets *offsets)
{
    Elf_Scn *section = NULL;
    int result = 0;

    while (result == 0 && (section = elf_nextscn(elf, section))) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) &&
            (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
            result = add_table(elf, section, &header, pattern, offsets);
    }
    remove_repeated(offsets);
    return result;
}

int elf_functions_find(const char *path, const char *pattern, struct error *error,
                       uint64_t **ret_offsets, uint32_t *ret_count)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct offsets offsets = {0};
    Elf *elf;
    int result;

    if (fd < 0)
        return error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    result = elf && elf_kind(elf) == ELF_K_ELF ? read_tables(elf, pattern, &offsets) : -EINVAL;
    elf_end(elf);
    if (result == 0 && offsets.count > 0) {
        *ret_offsets = offsets.items;
        *ret_count = offsets.count;
        return 0;
    }
    free(offsets.items);
    if (result == -EINVAL)
        return error_set(error, result, "%s is not an ELF file", path);
    if (result == -E2BIG)
        return error_set(error, result, "more than %d functions of %s match \"%s\"",
                         ELF_FUNCTIONS_MAX, path, pattern);
    if (result < 0)
        return error_set(error, result, "out of memory");
    return error_set(error, -ENOENT,
                     "no function of %s matches \"%s\"; list them with: nm -D %s (without -D for a "
                     "program that is not stripped)",
                     path, pattern, path);
}
