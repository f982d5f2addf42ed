// SPDX-License-Identifier: Apache-2.0

/* Objects that cannot be read, and what can be known of one before it is loaded: none of it needs
 * privileges. */

#include "source/object.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "source/builtin.h"

static void refuse(const void *bytes, size_t size, int code, const char *text)
{
    struct error error = {0};
    struct object *object = NULL;

    assert_int_equal(object_open("test", bytes, size, &error, &object), code);
    assert_null(object);
    assert_string_equal(error.text, text);
}

static void what_is_no_elf(void **state)
{
    static const char garbage[4096] = "This is not the ELF that you are looking for.";

    (void)state;
    refuse(garbage, sizeof(garbage), -EINVAL,
           "cannot read the BPF object: libbpf: elf: 'test' is not a proper ELF object");
    refuse(garbage, 1, -EINVAL,
           "cannot read the BPF object: libbpf: elf: 'test' is not a proper ELF object");
    refuse(garbage, 0, -EINVAL, "cannot read the BPF object: Invalid argument");
}

/* The caller frees the copy of a built-in program's ELF. */
static char *copy_exec(size_t *ret_size)
{
    const void *elf = builtin_find("exec")->elf(ret_size);
    char *copy = malloc(*ret_size);

    assert_non_null(copy);
    return memcpy(copy, elf, *ret_size);
}

static void a_program_of_another_machine(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *elf = copy_exec(&size);

    (void)state;
    elf[18] = 62; /* e_machine: EM_X86_64 */
    elf[19] = 0;
    refuse(elf, size, -EINVAL,
           "cannot read the BPF object: libbpf: elf: test is not a valid eBPF object file");
}

/* Renames a NUL-ended string in all string tables, to one as long. */
static void rename_all(char *elf, size_t size, const char *name, const char *to)
{
    size_t length = strlen(name) + 1;
    unsigned renamed = 0;

    for (size_t at = 1; at + length <= size; at++)
        if (elf[at - 1] == '\0' && memcmp(elf + at, name, length) == 0) {
            memcpy(elf + at, to, length);
            renamed++;
        }
    assert_true(renamed > 0);
}

static void an_object_without_a_ring(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *elf = copy_exec(&size);

    (void)state;
    rename_all(elf, size, "events", "evinte");
    refuse(elf, size, -ENOENT, "the BPF object has no ring called \"events\"");
}

static void opened_it_has_types_and_a_ring_size(void **state)
{
    struct error error = {0};
    _cleanup_(cleanup_object_free) struct object *object = NULL;
    size_t size;
    const void *elf = builtin_find("exec")->elf(&size);

    (void)state;
    assert_int_equal(object_open("exec", elf, size, &error, &object), 0);
    assert_string_equal(error.text, "");
    assert_non_null(object_btf(object));
    object_detach(object); /* nothing is attached */
}

/* One failure's words do not turn up in the next one's. */
static void a_sentence_belongs_to_its_own_failure(void **state)
{
    static const char garbage[4096] = "no ELF";
    struct error error = {0};
    struct object *object = NULL;

    (void)state;
    assert_true(object_open("test", garbage, sizeof(garbage), &error, &object) < 0);
    refuse(garbage, 0, -EINVAL, "cannot read the BPF object: Invalid argument");
}

static void free_accepts_null(void **state)
{
    (void)state;
    object_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_elf),
        cmocka_unit_test(a_program_of_another_machine),
        cmocka_unit_test(an_object_without_a_ring),
        cmocka_unit_test(opened_it_has_types_and_a_ring_size),
        cmocka_unit_test(a_sentence_belongs_to_its_own_failure),
        cmocka_unit_test(free_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
