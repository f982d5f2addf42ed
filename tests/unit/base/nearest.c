// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *find(const char *name, const char *const *candidates)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (; *candidates; candidates++)
        nearest_offer(&nearest, *candidates);
    return nearest.best;
}

#define CANDIDATES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void finds_slips_of_the_finger(void **state)
{
    const char *const *keys = CANDIDATES("type", "format", "path", "overflow", "ring_size");

    (void)state;
    assert_string_equal(find("typ", keys), "type");
    assert_string_equal(find("tpye", keys), "type");
    assert_string_equal(find("types", keys), "type");
    assert_string_equal(find("formt", keys), "format");
    assert_string_equal(find("over-flow", keys), "overflow");
    assert_string_equal(find("ring-size", keys), "ring_size");
    assert_string_equal(find("RingSize", keys), "ring_size");
    assert_string_equal(find("PATH", keys), "path");
}

static void leaves_strangers_alone(void **state)
{
    (void)state;
    assert_null(find("sinks", CANDIDATES("sources", "pipelines")));
    assert_null(find("a", CANDIDATES("b", "c")));
    assert_null(find("", CANDIDATES("a", "type")));
    assert_null(find("typ", CANDIDATES("")));
}

static void prefers_the_nearer_then_the_first(void **state)
{
    (void)state;
    assert_string_equal(find("formats", CANDIDATES("former", "format")), "format");
    assert_string_equal(find("cat", CANDIDATES("car", "can")), "car");
}

static void swaps_cost_one(void **state)
{
    struct nearest nearest;

    (void)state;
    nearest_init(&nearest, "fliter");
    nearest_offer(&nearest, "filter");
    assert_int_equal(nearest.distance, 1);
}

static void long_names_are_never_suggested(void **state)
{
    char name[NEAREST_NAME_MAX + 2];
    char candidate[NEAREST_NAME_MAX + 2];

    (void)state;
    memset(name, 'x', sizeof(name));
    memset(candidate, 'x', sizeof(candidate));
    name[NEAREST_NAME_MAX] = candidate[NEAREST_NAME_MAX] = '\0';
    assert_ptr_equal(find(name, CANDIDATES(candidate)), candidate);
    name[NEAREST_NAME_MAX] = 'x';
    name[NEAREST_NAME_MAX + 1] = '\0';
    assert_null(find(name, CANDIDATES(candidate)));
    assert_null(find(candidate, CANDIDATES(name)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_slips_of_the_finger),
        cmocka_unit_test(leaves_strangers_alone),
        cmocka_unit_test(prefers_the_nearer_then_the_first),
        cmocka_unit_test(swaps_cost_one),
        cmocka_unit_test(long_names_are_never_suggested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
