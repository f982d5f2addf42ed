// SPDX-License-Identifier: Apache-2.0
#include "source/inner_maps.h"

#include "unit/source/support.h"

static void collect(void *data, const char *outer, const char *inner)
{
    fprintf(data, "%s: %s\n", outer, inner);
}

static int list(const void *bytes, size_t size, struct error *error, char **ret_text)
{
    size_t length = 0;
    FILE *file = open_memstream(ret_text, &length);
    int result = inner_maps_each(bytes, size, collect, file, error);

    fclose(file);
    return result;
}

static void initialised_slots(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_free) char *text = NULL;
    size_t size;

    (void)state;
    assert_int_equal(elf_read(TEST_OBJECTS "/shards.bpf.o", NULL, &bytes, &size), 0);
    assert_int_equal(list(bytes, size, NULL, &text), 0);
    assert_string_equal(text, "filled: first\nfilled: second\n");
}

static void no_slots(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_free) char *text = NULL;
    size_t size;

    (void)state;
    assert_int_equal(elf_read(TEST_OBJECTS "/numbers.bpf.o", NULL, &bytes, &size), 0);
    assert_int_equal(list(bytes, size, NULL, &text), 0);
    assert_string_equal(text, "");
}

static void no_elf(void **state)
{
    _cleanup_(cleanup_free) char *text = NULL;

    (void)state;
    assert_int_equal(list("garbage", 7, NULL, &text), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initialised_slots),
        cmocka_unit_test(no_slots),
        cmocka_unit_test(no_elf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
