// SPDX-License-Identifier: Apache-2.0

#include "base/elf_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 496 };

static struct elf_symbols *read_file(const char *path)
{
    struct elf_symbols *symbols = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(elf_symbols_read(fd, &symbols), 0);
    assert_true(elf_symbols_size(symbols) > 0);
    close(fd);
    return symbols;
}

static bool is_in(const GElf_Phdr *segment, uint64_t address)
{
    return segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
           address - segment->p_vaddr < segment->p_filesz;
}

/* Where the file has what is at that address. */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
    GElf_Phdr segment;
    size_t count;

    assert_int_equal(elf_getphdrnum(elf, &count), 0);
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &segment) && is_in(&segment, address))
            return address - segment.p_vaddr + segment.p_offset;
    fail();
    return 0;
}

/* Where a function of the file begins, of all its tables; 0: it has none of that name. */
static uint64_t find_function(Elf *elf, const char *name)
{
    Elf_Scn *section = NULL;
    GElf_Shdr head;
    GElf_Sym symbol;

    while ((section = elf_nextscn(elf, section))) {
        assert_non_null(gelf_getshdr(section, &head));
        if (head.sh_type != SHT_SYMTAB && head.sh_type != SHT_DYNSYM)
            continue;
        for (int i = 0; gelf_getsym(elf_getdata(section, NULL), i, &symbol); i++)
            if (symbol.st_value && strcmp(elf_strptr(elf, head.sh_link, symbol.st_name), name) == 0)
                return symbol.st_value;
    }
    return 0;
}

/* The function's name at its beginning and inside, by the library's own reading of the file. */
static void found(const char *path, const char *function)
{
    struct elf_symbols *symbols = read_file(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC), length;
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    uint64_t offset = offset_of(elf, find_function(elf, function));
    char name[ROOM], expected[128];

    for (int into = 0; into < 4; into += 3) {
        length = elf_symbols_find(symbols, offset + (uint64_t)into, "file", name, sizeof(name));
        snprintf(expected, sizeof(expected), "%s+0x%x (file)", function, into);
        assert_int_equal(length, strlen(expected));
        assert_memory_equal(name, expected, (size_t)length);
    }
    elf_end(elf);
    close(fd);
    elf_symbols_free(symbols);
}

static void functions(void **state)
{
    (void)state;
    found(TEST_BIN "/stacked", "main");
    found(TEST_BIN "/stacked", "stacked_a");
    found(TEST_BIN "/stacked-fixed", "main");
    found(TEST_BIN "/stacked-fixed", "stacked_b");
    found(TEST_LIBRARIES "/libstacked-library.so", "stacked_b"); /* .dynsym */
}

/* By the file and its address, as addr2line takes it, and the build id. */
static void stripped(void **state)
{
    static const char path[] = TEST_BIN "/stacked-stripped";
    struct elf_symbols *symbols = read_file(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC), length;
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    unsigned long long address;
    char name[ROOM + 1], id[17];
    GElf_Ehdr head;

    (void)state;
    assert_non_null(gelf_getehdr(elf, &head));
    length = elf_symbols_find(symbols, offset_of(elf, head.e_entry), "x.so", name, ROOM);
    assert_true(length > 0);
    name[length] = '\0';
    assert_int_equal(sscanf(name, "x.so+0x%llx [%16[0-9a-f]]", &address, id), 2);
    assert_int_equal(address, head.e_entry);
    assert_int_equal(strlen(id), 16);
    assert_int_equal(elf_symbols_find(symbols, UINT64_MAX, "x.so", name, ROOM), -ENOENT);
    elf_end(elf);
    close(fd);
    elf_symbols_free(symbols);
}

static void refused(const void *bytes, size_t size)
{
    int fd = memfd_create("elf_symbols", MFD_CLOEXEC);
    struct elf_symbols *symbols = NULL;

    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(elf_symbols_read(fd, &symbols), -EBADMSG);
    assert_null(symbols);
    close(fd);
}

/* Among them counts for which the library would allocate without a limit. */
static void no_files(void **state)
{
    Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                       .e_shoff = 64};

    (void)state;
    refused("", 0);
    refused("#!/bin/sh\n", 10);
    refused(&head, 20);
    refused(&head, sizeof(head)); /* the number of sections is in the first one */
    head.e_shnum = 0xff00;
    refused(&head, sizeof(head));
    head.e_shnum = 1;
    head.e_phnum = 0xffff;
    refused(&head, sizeof(head));
    elf_symbols_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions),
        cmocka_unit_test(stripped),
        cmocka_unit_test(no_files),
    };

    elf_version(EV_CURRENT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
