// SPDX-License-Identifier: Apache-2.0

/* Files that are not what they should be, in the order in which that shows. */

#include "source/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/source/support.h"

static char *read_numbers(size_t *ret_size)
{
    void *bytes;

    assert_int_equal(elf_read(TEST_OBJECTS "/numbers.bpf.o", NULL, &bytes, ret_size), 0);
    return bytes;
}

static void refuse_bytes_of(const void *bytes, size_t size, const char *text)
{
    struct error error = {0};

    assert_int_equal(elf_check(bytes, size, &error), -EINVAL);
    assert_string_equal(error.text, text);
}

static void what_is_no_elf(void **state)
{
    (void)state;
    refuse_bytes_of("", 0, "is empty");
    refuse_bytes_of("Hello", 5,
                    "is not an ELF file; make a BPF object with clang -O2 -g -target bpf -c");
    refuse_bytes_of("\177ELF", 4, "is truncated: an ELF file that ends after 4 bytes");
}

static void what_is_another_elf(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *bytes = read_numbers(&size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;

    (void)state;
    assert_int_equal(elf_check(bytes, size, NULL), 0);
    header->e_type = ET_EXEC;
    refuse_bytes_of(bytes, size,
                    "is a linked BPF file, not an object; use the .o file that clang -c made");
    header->e_machine = EM_X86_64;
    refuse_bytes_of(
        bytes, size,
        "is compiled for x86-64, not for BPF; compile it with clang -O2 -g -target bpf -c");
    header->e_ident[EI_DATA] = ELFDATA2MSB;
    refuse_bytes_of(
        bytes, size,
        "is a BPF object for machines of the other byte order; compile it with -target bpf");
    header->e_ident[EI_CLASS] = ELFCLASS32;
    refuse_bytes_of(bytes, size, "is a 32-bit ELF file, not a BPF object");
}

static void sections_that_lead_outside(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *bytes = read_numbers(&size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(bytes + header->e_shoff);
    struct error error = {0};

    (void)state;
    sections[1].sh_size = UINT64_MAX - 8;
    assert_int_equal(elf_check(bytes, size, &error), -EINVAL);
    assert_non_null(strstr(error.text, "is truncated or damaged: its section 1 ends at byte "));
    header->e_shoff = UINT64_MAX - 8;
    assert_int_equal(elf_check(bytes, size, &error), -EINVAL);
    assert_non_null(strstr(error.text, "is truncated: its section table ends at byte "));
    header->e_shnum = 0;
    header->e_shoff = 0;
    refuse_bytes_of(bytes, size, "is an ELF file without sections");
}

/* Cut anywhere, it is refused by a sentence; libbpf never sees it. */
static void cut_at_every_byte(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *bytes = read_numbers(&size);

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        struct error error = {0};

        assert_int_equal(elf_check(bytes, cut, &error), -EINVAL);
        assert_true(error.text[0]);
    }
}

static void refuse_file(const char *path, int code, const char *text)
{
    struct error error = {0};
    void *bytes;
    size_t size;

    assert_int_equal(elf_read(path, &error, &bytes, &size), code);
    assert_string_equal(error.text, text);
}

static void files_that_cannot_be_read(void **state)
{
    char folder[] = "/tmp/ringmill-elf-XXXXXX", path[64], text[160];
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    refuse_file(folder, -EINVAL, "is a folder, but a BPF object is a regular file");
    refuse_file(path, -ENOENT, "cannot be opened: No such file or directory");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse_file(path, -EINVAL, "is a device, FIFO or socket, but a BPF object is a regular file");
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, ELF_FILE_MAX + 1), 0);
    close(fd);
    refuse_file(path, -EFBIG,
                "is too large: it has 67108865 bytes, a BPF object may have 67108864");
    unlink(path);
    snprintf(path, sizeof(path), "%s/x.bpf.c", folder);
    snprintf(text, sizeof(text), "is C source; compile it first: clang -O2 -g -target bpf -c %s",
             path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "int x;\n", 7), 7);
    close(fd);
    refuse_file(path, -EINVAL, text);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_elf),
        cmocka_unit_test(what_is_another_elf),
        cmocka_unit_test(sections_that_lead_outside),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(files_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
