// SPDX-License-Identifier: Apache-2.0
#include "plugin/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "base/cleanup.h"

static int check_segments(Elf *elf, size_t size, struct error *error)
{
    size_t n = 0;

    if (elf_getphdrnum(elf, &n) < 0)
        return error_set(error, -EINVAL, "cannot be loaded: its ELF headers are damaged");
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr segment;

        if (!gelf_getphdr(elf, (int)i, &segment))
            return error_set(error, -EINVAL, "cannot be loaded: its ELF headers are damaged");
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
            return error_set(
                error, -EINVAL,
                "cannot be loaded: the file ends after %zu bytes, before its last section", size);
    }
    return 0;
}

int whole_check(const char *path, struct error *error)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    int result = 0;
    Elf *elf;

    if (fd < 0)
        return error_set(error, -errno, "cannot be loaded: %s", strerror(errno));
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF && elf_rawfile(elf, &size))
        result = check_segments(elf, size, error);
    elf_end(elf);
    return result;
}
