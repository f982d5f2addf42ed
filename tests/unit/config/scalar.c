// SPDX-License-Identifier: Apache-2.0
#include "config/scalar.h"

#include "unit/config/support.h"

static void reads_integers(void **state)
{
    static const struct {
        const char *text;
        int error;
        int64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"42", 0, 42},
        {"+7", 0, 7},
        {"-42", 0, -42},
        {"010", 0, 10},
        {"0x10", 0, 16},
        {"-0XfF", 0, -255},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"0x7fffffffffffffff", 0, INT64_MAX},
        {"9223372036854775808", -ERANGE, 0},
        {"-9223372036854775809", -ERANGE, 0},
        {"18446744073709551616", -ERANGE, 0},
        {"99999999999999999999999999999999999999", -ERANGE, 0},
        {"99999999999999999999999999999999999999x", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"-", -EINVAL, 0},
        {"--1", -EINVAL, 0},
        {"0x", -EINVAL, 0},
        {"1.0", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1_000", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t value = 0;

        assert_int_equal(scalar_integer(cases[i].text, &value), cases[i].error);
        assert_true(value == cases[i].value);
    }
}

struct measure_case {
    const char *text;
    int error;
    uint64_t value;
};

static void check_measures(int (*parse)(const char *, uint64_t *), const struct measure_case *cases)
{
    for (; cases->text; cases++) {
        uint64_t value = 4711;

        assert_int_equal(parse(cases->text, &value), cases->error);
        assert_true(value == (cases->error ? 4711 : cases->value));
    }
}

static void reads_sizes(void **state)
{
    static const struct measure_case cases[] = {
        {"0", 0, 0},
        {"512", 0, 512},
        {"512B", 0, 512},
        {"8MiB", 0, 8 << 20},
        {"8 MiB", 0, 8 << 20},
        {"64KiB", 0, 65536},
        {"1GiB", 0, 1 << 30},
        {"9223372036854775807", 0, INT64_MAX},
        {"8589934591GiB", 0, UINT64_C(8589934591) << 30},
        {"8589934592GiB", -ERANGE, 0},
        {"17179869184GiB", -ERANGE, 0},
        {"99999999999999999999", -ERANGE, 0},
        {"99999999999999999999XiB", -EINVAL, 0},
        {"8MB", -EINVAL, 0},
        {"8M", -EINVAL, 0},
        {"8mib", -EINVAL, 0},
        {"8 ", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"1.5MiB", -EINVAL, 0},
        {"MiB", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"", -EINVAL, 0},
        {NULL, 0, 0},
    };

    (void)state;
    check_measures(scalar_size, cases);
}

static void reads_durations(void **state)
{
    static const struct measure_case cases[] = {
        {"0", 0, 0},
        {"0s", 0, 0},
        {"500ns", 0, 500},
        {"10us", 0, 10000},
        {"100 ms", 0, 100000000},
        {"5s", 0, UINT64_C(5000000000)},
        {"10min", 0, UINT64_C(600000000000)},
        {"2h", 0, UINT64_C(7200000000000)},
        {"2562047h", 0, UINT64_C(2562047) * 3600 * 1000000000},
        {"2562048h", -ERANGE, 0},
        {"9223372036854775807ns", 0, INT64_MAX},
        {"9223372036854775808ns", -ERANGE, 0},
        {"5", -EINVAL, 0},
        {"99999999999999999999", -EINVAL, 0},
        {"5m", -EINVAL, 0},
        {"1h30min", -EINVAL, 0},
        {"-1s", -EINVAL, 0},
        {"1.5s", -EINVAL, 0},
        {NULL, 0, 0},
    };

    (void)state;
    check_measures(scalar_duration, cases);
}

static void reads_rates(void **state)
{
    static const struct {
        const char *text;
        int error;
        struct scalar_rate rate;
    } cases[] = {
        {"100/s", 0, {100, UINT64_C(1000000000)}},
        {"0/s", 0, {0, UINT64_C(1000000000)}},
        {"30/m", 0, {30, UINT64_C(60000000000)}},
        {"30/min", 0, {30, UINT64_C(60000000000)}},
        {"5/h", 0, {5, UINT64_C(3600000000000)}},
        {"9223372036854775807/h", 0, {INT64_MAX, UINT64_C(3600000000000)}},
        {"9223372036854775808/h", -ERANGE, {0}},
        {"99999999999999999999/s", -ERANGE, {0}},
        {"99999999999999999999/d", -EINVAL, {0}},
        {"100", -EINVAL, {0}},
        {"100/", -EINVAL, {0}},
        {"100/d", -EINVAL, {0}},
        {"100 /s", -EINVAL, {0}},
        {"100/s ", -EINVAL, {0}},
        {"100/10s", -EINVAL, {0}},
        {"1.5/s", -EINVAL, {0}},
        {"-1/s", -EINVAL, {0}},
        {"/s", -EINVAL, {0}},
        {"", -EINVAL, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scalar_rate rate = {4711, 12};

        assert_int_equal(scalar_rate(cases[i].text, &rate), cases[i].error);
        assert_true(rate.count == (cases[i].error ? 4711 : cases[i].rate.count));
        assert_true(rate.per == (cases[i].error ? 12 : cases[i].rate.per));
    }
}

static void reads_bools(void **state)
{
    bool value = false;

    (void)state;
    assert_int_equal(scalar_bool("true", &value), 0);
    assert_true(value);
    assert_int_equal(scalar_bool("false", &value), 0);
    assert_false(value);
    assert_int_equal(scalar_bool("yes", &value), -EINVAL);
    assert_int_equal(scalar_bool("True", &value), -EINVAL);
    assert_int_equal(scalar_bool("", &value), -EINVAL);
}

static void writes_what_it_reads(void **state)
{
    static const char *const sizes[] = {"0", "1B", "1500B", "64KiB", "8MiB", "3GiB", "1025MiB"};
    static const char *const durations[] = {"0", "1ns", "1500us", "90s", "2min", "2562047h"};
    char text[SCALAR_TEXT_MAX];
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        assert_int_equal(scalar_size(sizes[i], &value), 0);
        scalar_format_size(value, text);
        assert_string_equal(text, sizes[i]);
    }
    for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
        assert_int_equal(scalar_duration(durations[i], &value), 0);
        scalar_format_duration(value, text);
        assert_string_equal(text, durations[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers),  cmocka_unit_test(reads_sizes),
        cmocka_unit_test(reads_durations), cmocka_unit_test(reads_rates),
        cmocka_unit_test(reads_bools),     cmocka_unit_test(writes_what_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
