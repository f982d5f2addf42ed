// SPDX-License-Identifier: Apache-2.0

/* libbpf reports "not a proper ELF object" for every file that it cannot read. The header usually
 * shows what the file really is. */

#include "source/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { BYTE_ORDER_HERE = ELFDATA2LSB };
#else
enum { BYTE_ORDER_HERE = ELFDATA2MSB };
#endif

static int read_all(int fd, char *bytes, size_t size, struct error *error)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, bytes + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(error, n < 0 ? -errno : -EIO, "cannot be read: %s",
                             n < 0 ? strerror(errno) : "it was truncated while it was read");
        done += (size_t)n;
    }
    return 0;
}

static bool is_elf(const void *bytes, size_t size)
{
    return size >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0;
}

static bool is_c_source(const char *path, const void *bytes, size_t size)
{
    size_t length = strlen(path);

    return length > 2 && strcmp(path + length - 2, ".c") == 0 && !is_elf(bytes, size);
}

int elf_read(const char *path, struct error *error, void **ret_bytes, size_t *ret_size)
{
    /* does not wait for the writer of a FIFO */
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    _cleanup_(cleanup_free) char *bytes = NULL;
    struct stat stat;
    int result;

    if (fd < 0 || fstat(fd, &stat) < 0)
        return error_set(error, -errno, "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return error_set(error, -EINVAL, "is %s, but a BPF object is a regular file",
                         S_ISDIR(stat.st_mode) ? "a folder" : "a device, FIFO or socket");
    if (stat.st_size > ELF_FILE_MAX)
        return error_set(error, -EFBIG, "is too large: it has %lld bytes, a BPF object may have %d",
                         (long long)stat.st_size, ELF_FILE_MAX);
    bytes = malloc((size_t)stat.st_size + 1);
    if (!bytes)
        return error_set(error, -ENOMEM, "out of memory");
    result = read_all(fd, bytes, (size_t)stat.st_size, error);
    if (result < 0)
        return result;
    if (is_c_source(path, bytes, (size_t)stat.st_size))
        return error_set(error, -EINVAL,
                         "is C source; compile it first: clang -O2 -g -target bpf -c %s", path);
    *ret_bytes = TAKE_PTR(bytes);
    *ret_size = (size_t)stat.st_size;
    return 0;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_AARCH64:
        return "arm64";
    case EM_386:
        return "32-bit x86";
    default:
        return "another machine";
    }
}

static bool lies_inside(uint64_t offset, uint64_t length, size_t size)
{
    return offset <= size && length <= size - offset;
}

static int check_sections(const char *bytes, size_t size, const Elf64_Ehdr *header,
                          struct error *error)
{
    if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shnum == 0)
        return error_set(error, -EINVAL, "is an ELF file without sections");
    for (uint32_t i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;

        memcpy(&section, bytes + header->e_shoff + i * sizeof(section), sizeof(section));
        if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL &&
            !lies_inside(section.sh_offset, section.sh_size, size))
            return error_set(error, -EINVAL,
                             "is truncated or damaged: its section %u ends at byte %llu, the file "
                             "at %zu",
                             i, (unsigned long long)(section.sh_offset + section.sh_size), size);
    }
    return 0;
}

int elf_check(const void *bytes, size_t size, struct error *error)
{
    Elf64_Ehdr header;
    uint64_t table;

    if (size == 0)
        return error_set(error, -EINVAL, "is empty");
    if (!is_elf(bytes, size))
        return error_set(error, -EINVAL,
                         "is not an ELF file; make a BPF object with clang -O2 -g -target bpf -c");
    if (size < sizeof(header))
        return error_set(error, -EINVAL, "is truncated: an ELF file that ends after %zu bytes",
                         size);
    memcpy(&header, bytes, sizeof(header));
    if (header.e_ident[EI_CLASS] != ELFCLASS64)
        return error_set(error, -EINVAL, "is a 32-bit ELF file, not a BPF object");
    if (header.e_ident[EI_DATA] != BYTE_ORDER_HERE)
        return error_set(
            error, -EINVAL,
            "is a BPF object for machines of the other byte order; compile it with -target bpf");
    /* clang before version 4 wrote BPF objects for "no machine" */
    if (header.e_machine != EM_BPF && header.e_machine != EM_NONE)
        return error_set(
            error, -EINVAL,
            "is compiled for %s, not for BPF; compile it with clang -O2 -g -target bpf -c",
            machine_name(header.e_machine));
    if (header.e_type != ET_REL)
        return error_set(error, -EINVAL,
                         "is a linked BPF file, not an object; use the .o file that clang -c made");
    table = (uint64_t)header.e_shnum * sizeof(Elf64_Shdr);
    if (!lies_inside(header.e_shoff, table, size))
        return error_set(error, -EINVAL,
                         "is truncated: its section table ends at byte %llu, the file at %zu",
                         (unsigned long long)(header.e_shoff + table), size);
    return check_sections(bytes, size, &header, error);
}
