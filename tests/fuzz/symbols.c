// SPDX-License-Identifier: Apache-2.0

/* Input: a file that some process runs. Whatever its bytes, it is read or refused, and each place
 * of it has a name that fits, or none. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/elf_symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 496 };

static void demand(int truth)
{
    if (!truth)
        abort();
}

static void find(const struct elf_symbols *symbols, uint64_t offset)
{
    char name[ROOM];
    int length = elf_symbols_find(symbols, offset, "libc.so.6", name, sizeof(name));

    demand(length < 0 || (length > 0 && length <= ROOM && memchr(name, '+', (size_t)length)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("symbols", MFD_CLOEXEC);
    struct elf_symbols *symbols = NULL;

    demand(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    if (elf_symbols_read(fd, &symbols) == 0) {
        demand(elf_symbols_size(symbols) > 0);
        for (uint64_t offset = 0; offset < size + 64; offset += 7)
            find(symbols, offset);
        find(symbols, UINT64_MAX);
    }
    elf_symbols_free(symbols);
    close(fd);
    return 0;
}
