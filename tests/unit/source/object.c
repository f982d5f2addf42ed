// SPDX-License-Identifier: Apache-2.0

/* Objects that cannot be read, and what can be known of one before it is loaded: none of it needs
 * privileges. What a kernel may lack does, and is skipped without them. */

#include "source/object.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "source/btf_check.h"
#include "source/builtin.h"
#include "source/elf.h"
#include "source/hook.h"

#include "unit/source/support.h"

static void refuse_open(const void *bytes, size_t size, int code, const char *text)
{
    struct error error = {0};
    struct object *object = NULL;

    assert_int_equal(object_open("test", bytes, size, &error, &object), code);
    assert_null(object);
    assert_string_equal(error_join(&error), text);
}

static void what_is_no_elf(void **state)
{
    static const char garbage[4096] = "This is not the ELF that you are looking for.";

    (void)state;
    refuse_open(garbage, sizeof(garbage), -EINVAL,
                "cannot be read: libbpf: elf: 'test' is not a proper ELF object");
    refuse_open(garbage, 1, -EINVAL,
                "cannot be read: libbpf: elf: 'test' is not a proper ELF object");
    refuse_open(garbage, 0, -EINVAL, "cannot be read: Invalid argument");
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
    refuse_open(elf, size, -EINVAL,
                "cannot be read: libbpf: elf: test is not a valid eBPF object file");
}

static void an_object_without_btf(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *elf = copy_exec(&size);
    char *name = elf;
    unsigned renamed = 0;

    (void)state;
    while ((name = memmem(name, size - (size_t)(name - elf), ".BTF", sizeof(".BTF")))) {
        memcpy(name, ".FTB", sizeof(".FTB"));
        renamed++;
    }
    assert_true(renamed > 0); /* in the names of the sections, ".rel.BTF" too */
    refuse_open(elf, size, -EINVAL,
                "has no BTF, which describes its maps; compile it with -g, and do not strip the "
                "sections .BTF and .BTF.ext");
}

/* Whatever the bytes are, opening either works or says why not, and nothing crashes. */
static void flipped_bytes(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *whole = copy_exec(&size);
    _cleanup_(cleanup_free) char *elf = malloc(size);
    unsigned seed = (unsigned)clock_monotonic();

    (void)state;
    print_message("SEED=%u\n", seed);
    for (int i = 0; i < 2000; i++) {
        struct object *object = NULL;
        struct error error = {0};

        memcpy(elf, whole, size);
        for (int flips = rand_r(&seed) % 4 + 1; flips > 0; flips--)
            elf[(size_t)rand_r(&seed) % size] ^= (char)(1 << rand_r(&seed) % 8);
        if (elf_check(elf, size, &error) == 0 && btf_check(elf, size, &error) == 0 &&
            object_open("test", elf, size, &error, &object) == 0)
            object_free(object);
        else
            assert_true(error.text[0]);
    }
}

static void opened_it_has_types_and_programs(void **state)
{
    struct error error = {0};
    _cleanup_(cleanup_object_free) struct object *object = NULL;
    size_t size;
    const void *elf = builtin_find("exec")->elf(&size);

    (void)state;
    assert_int_equal(object_open("exec", elf, size, &error, &object), 0);
    assert_string_equal(error_join(&error), "");
    assert_non_null(object_btf(object));
    assert_true(object->n_programs > 0);
    assert_string_equal(object_find(object, "ringmill_exec")->name, "ringmill_exec");
    assert_ptr_equal(object_find(object, object->programs->name), object->programs);
    assert_null(object_attached(object, 0));
    assert_int_equal(object_map_fd(object, "events"), -1);
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
    refuse_open(garbage, 0, -EINVAL, "cannot be read: Invalid argument");
}

static void free_accepts_null(void **state)
{
    (void)state;
    object_free(NULL);
}

/* ---- what a kernel may lack -------------------------------------------------------------------
 */

/* tests/bpf/objects/absent.bpf.c, whose programs may be absent as those of built-in sources may. */
struct lacking {
    void *bytes;
    struct object *object;
    struct error error;
};

static int setup_absent(void **state)
{
    struct lacking *lacking = calloc(1, sizeof(*lacking));

    lacking->object = open_object("absent", &lacking->bytes);
    for (uint32_t i = 0; i < lacking->object->n_programs; i++)
        lacking->object->programs[i].may_be_absent = true;
    *state = lacking;
    return 0;
}

static int teardown_absent(void **state)
{
    struct lacking *lacking = *state;

    object_free(lacking->object);
    free(lacking->bytes);
    free(lacking);
    return 0;
}

static int load_absent(struct lacking *lacking)
{
    int result = object_load(lacking->object, &lacking->error);

    if (result == -EPERM)
        skip();
    return result;
}

static void leave_out_wild(struct object *object)
{
    struct object_program *wild = object_find(object, "wild");

    wild->chosen = wild->attach = false;
}

static void hooks_and_functions_that_the_kernel_lacks(void **state)
{
    static const char *const absent[] = {"hookless", "traced", "helpless", "renamed"};
    struct lacking *lacking = *state;
    struct object *object = lacking->object;

    leave_out_wild(object);
    if (load_absent(lacking) < 0 || object_attach(object, &lacking->error) < 0)
        fail_msg("%s", lacking->error.text);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        assert_true(object_find(object, absent[i])->absent);
    assert_string_equal(object_attached(object, 0), "good");
    assert_string_equal(object_attached(object, 1), "renamed___before_9_9");
    assert_null(object_attached(object, 2));
}

/* However much may be absent, a mistake is one. */
static void a_refusal_of_the_verifier_is_an_error(void **state)
{
    struct lacking *lacking = *state;
    const char *text = lacking->error.text;

    assert_int_equal(load_absent(lacking), -EACCES);
    assert_non_null(strstr(text, "the kernel's verifier refused program \"wild\" "
                                 "(raw_tp/sys_enter): R1 invalid mem access"));
    assert_non_null(strstr(text, "\n    ")); /* its last lines */
    assert_null(strstr(text, "without"));
}

static void nothing_is_left(void **state)
{
    struct lacking *lacking = *state;
    struct object *object = lacking->object;

    for (uint32_t i = 0; i < object->n_programs; i++)
        object->programs[i].chosen = object->programs[i].attach =
            object->programs[i].hook == &hook_btf_tracepoint;
    if (load_absent(lacking) < 0)
        fail_msg("%s", lacking->error.text);
    assert_int_equal(object_attach(object, &lacking->error), -ENOTSUP);
    assert_string_equal(
        lacking->error.text,
        "no program could be attached: this kernel has none of the hooks that they need");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_elf),
        cmocka_unit_test(a_program_of_another_machine),
        cmocka_unit_test(an_object_without_btf),
        cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(opened_it_has_types_and_programs),
        cmocka_unit_test(a_sentence_belongs_to_its_own_failure),
        cmocka_unit_test(free_accepts_null),
        cmocka_unit_test_setup_teardown(hooks_and_functions_that_the_kernel_lacks, setup_absent,
                                        teardown_absent),
        cmocka_unit_test_setup_teardown(a_refusal_of_the_verifier_is_an_error, setup_absent,
                                        teardown_absent),
        cmocka_unit_test_setup_teardown(nothing_is_left, setup_absent, teardown_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
