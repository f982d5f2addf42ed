// SPDX-License-Identifier: Apache-2.0

/* libelf finds the sections and libbpf reads the BTF, both out of memory: a file that changes while
 * it is read cannot harm us then, as it could if it were mapped. libbpf has a reader for ELF files
 * of its own, but it says too little of what is wrong with one. */

#include "schema/types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

enum { BTF_MAGIC_BYTES = 2 };

static int keep_silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
}

/* ---- BTF ---- */

static bool is_btf(const void *bytes, size_t size)
{
    const uint16_t magic = BTF_MAGIC;

    return size >= BTF_MAGIC_BYTES && memcmp(bytes, &magic, BTF_MAGIC_BYTES) == 0;
}

static bool is_foreign_btf(const void *bytes, size_t size)
{
    const uint16_t magic = __builtin_bswap16(BTF_MAGIC);

    return size >= BTF_MAGIC_BYTES && memcmp(bytes, &magic, BTF_MAGIC_BYTES) == 0;
}

/* A kernel module's BTF continues the kernel's numbers; without that one it looks damaged. */
static struct btf *read_on_top_of_kernel(struct types *types, const char *path)
{
    types->base = btf__parse_raw(KERNEL_BTF);
    return types->base ? btf__parse_raw_split(path, types->base) : NULL;
}

/* path: of raw BTF; NULL: it is part of something else. */
static int read_btf(struct types *types, const void *bytes, size_t size, const char *path,
                    struct error *error)
{
    libbpf_print_fn_t before;

    if (is_foreign_btf(bytes, size))
        return error_set(error, -EINVAL, "its BTF has the byte order of another machine");
    if (size > UINT32_MAX)
        return error_set(error, -EINVAL, "its BTF is larger than 4 GiB, the most allowed");
    before = libbpf_set_print(keep_silent);
    types->own = btf__new(bytes, (uint32_t)size);
    if (!types->own && path)
        types->own = read_on_top_of_kernel(types, path);
    libbpf_set_print(before);
    if (!types->own)
        return error_set(error, -EINVAL, "its BTF is damaged");
    types->btf = types->own;
    return 0;
}

/* ---- ELF ---- */

static int refuse_elf(struct error *error)
{
    return error_set(error, -EINVAL, "it is a damaged ELF file, possibly truncated");
}

static int read_section(struct types *types, Elf *elf, Elf_Scn *section, size_t names,
                        struct error *error)
{
    GElf_Shdr header;
    const char *name;

    if (!gelf_getshdr(section, &header))
        return refuse_elf(error);
    name = elf_strptr(elf, names, header.sh_name);
    if (!name || header.sh_type == SHT_NOBITS)
        return 0;
    if (header.sh_offset > types->elf_size || header.sh_size > types->elf_size - header.sh_offset)
        return refuse_elf(error);
    if (strcmp(name, ".debug_info") == 0)
        types->has_dwarf = true;
    if (strcmp(name, ".BTF") != 0 || types->btf)
        return 0;
    return read_btf(types, (const char *)types->elf + header.sh_offset, header.sh_size, NULL,
                    error);
}

static int read_sections(struct types *types, Elf *elf, struct error *error)
{
    Elf_Scn *section = NULL;
    GElf_Ehdr header;
    size_t names;
    int r = 0;

    if (!gelf_getehdr(elf, &header))
        return refuse_elf(error);
    if (header.e_ident[EI_DATA] != (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
        return error_set(error, -EINVAL, "it has the byte order of another machine");
    types->is_bpf = header.e_machine == EM_BPF;
    if (header.e_shoff == 0)
        return 0;
    /* libelf takes a table that is cut short for a shorter one */
    if (header.e_shoff >= types->elf_size ||
        (uint64_t)header.e_shnum * header.e_shentsize > types->elf_size - header.e_shoff ||
        elf_getshdrstrndx(elf, &names) < 0)
        return refuse_elf(error);
    while (r == 0 && (section = elf_nextscn(elf, section)))
        r = read_section(types, elf, section, names, error);
    return r;
}

static int read_elf(struct types *types, struct error *error)
{
    Elf *elf;
    int r;

    elf_version(EV_CURRENT);
    elf = elf_memory((char *)types->elf, types->elf_size);
    if (!elf)
        return refuse_elf(error);
    r = elf_kind(elf) == ELF_K_ELF ? read_sections(types, elf, error) : refuse_elf(error);
    elf_end(elf);
    return r;
}

static int read_all(struct types *types, const void *bytes, size_t size, const char *path,
                    struct error *error)
{
    if (is_btf(bytes, size) || is_foreign_btf(bytes, size))
        return read_btf(types, bytes, size, path, error);
    if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return error_set(error, -EINVAL, "it is neither an ELF file nor raw BTF");
    types->elf = bytes;
    types->elf_size = size;
    return read_elf(types, error);
}

static int open_bytes(const void *bytes, size_t size, const char *path, struct error *error,
                      struct types **ret)
{
    _cleanup_(cleanup_types_free) struct types *types = calloc(1, sizeof(*types));
    int r;

    if (!types)
        return error_set(error, -ENOMEM, "out of memory");
    r = read_all(types, bytes, size, path, error);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(types);
    return 0;
}

int types_open_memory(const void *bytes, size_t size, struct error *error, struct types **ret)
{
    return open_bytes(bytes, size, NULL, error, ret);
}

/* ---- files ---- */

/* Files in /sys say a size, too, but nothing else does the end: it is read until there is no more.
 */
static int read_fd(int fd, size_t guess, struct error *error, void **ret_bytes, size_t *ret_size)
{
    _cleanup_(cleanup_free) char *bytes = NULL;
    size_t room = 0, used = 0;
    ssize_t got;

    for (;;) {
        if (used == room) {
            char *more;

            room = room ? 2 * room : guess + 1;
            more = room > TYPES_FILE_MAX ? NULL : realloc(bytes, room);
            if (!more)
                return error_set(error, -ENOMEM, "it is too large");
            bytes = more;
        }
        got = read(fd, bytes + used, room - used);
        if (got < 0)
            return error_set(error, -errno, "cannot be read: %s", strerror(errno));
        if (got == 0)
            break;
        used += (size_t)got;
    }
    *ret_bytes = TAKE_PTR(bytes);
    *ret_size = used;
    return 0;
}

static int read_file(const char *path, struct error *error, void **ret_bytes, size_t *ret_size)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return error_set(error, -errno, "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, -EINVAL, "it is not a regular file");
    if (status.st_size >= TYPES_FILE_MAX)
        return error_set(error, -EFBIG, "it is larger than %d GiB", (int)(TYPES_FILE_MAX >> 30));
    return read_fd(fd, (size_t)status.st_size, error, ret_bytes, ret_size);
}

int types_open(const char *path, struct error *error, struct types **ret)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    size_t size = 0;
    int r = read_file(path, error, &bytes, &size);

    if (r == 0)
        r = open_bytes(bytes, size, path, error, ret);
    if (r < 0) {
        error_prefix(error, "%s", path);
        return r;
    }
    (*ret)->bytes = TAKE_PTR(bytes);
    return 0;
}

void types_free(struct types *types)
{
    if (!types)
        return;
    btf__free(types->own);
    btf__free(types->base);
    free(types->bytes);
    free(types);
}
