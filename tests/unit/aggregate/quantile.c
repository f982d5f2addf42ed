// SPDX-License-Identifier: Apache-2.0
#include "aggregate/quantile.h"

#include <math.h>
#include <string.h>

#include "unit/aggregate/support.h"

enum { MOST = 4000 };

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static void add(const struct quantile_shape *shape, struct quantile *sketch, double value)
{
    quantile_add(shape, sketch, value, quantile_bin(shape, value), 1);
}

/* Of any distribution, merged from parts, and carried in the portable form. */
static void quantiles_are_within_their_error(void **state)
{
    static double values[MOST];
    uint64_t seed = random_seed("quantiles");

    (void)state;
    for (int round = 0; round < 300; round++) {
        double error = round % 2 ? 0.01 : 0.05;
        struct quantile_shape shape = quantile_shape(error, 2048, true);
        size_t size = quantile_size(&shape);
        struct quantile *parts[2] = {calloc(1, size), calloc(1, size)}, *read = calloc(1, size);
        uint8_t *bytes = malloc(quantile_portable_max(&shape));
        uint32_t count = 1 + (uint32_t)(random_next(&seed) % MOST);
        size_t length;

        for (uint32_t i = 0; i < count; i++) {
            double value = ldexp((double)(random_next(&seed) >> 11), -53);

            value = round % 3 == 0 ? value * 1000 : exp(value * 20 - 5);
            if (random_next(&seed) % 5 == 0)
                value = random_next(&seed) % 2 ? 0 : -value;
            values[i] = value;
            add(&shape, parts[i % 2], value);
        }
        quantile_merge(&shape, parts[0], parts[1]);
        assert_int_equal(quantile_count(parts[0]), count);
        length = quantile_write(&shape, parts[0], bytes);
        assert_true(length <= quantile_portable_max(&shape));
        assert_int_equal(quantile_read(&shape, bytes, length, read), 0);
        assert_memory_equal(read, parts[0], size);
        qsort(values, count, sizeof(*values), compare);
        for (int percent = 0; percent <= 100; percent += 5) {
            double wanted = values[(uint32_t)floor(percent / 100.0 * (count - 1))], got;

            assert_true(quantile_get(&shape, read, percent / 100.0, &got));
            assert_true(fabs(got - wanted) <= error * fabs(wanted) * (1 + 1e-9));
        }
        free(parts[0]);
        free(parts[1]);
        free(read);
        free(bytes);
    }
}

static void what_bins_do_not_reach_is_unknown(void **state)
{
    struct quantile_shape shape = quantile_shape(0.01, 64, false);
    struct quantile *sketch = calloc(1, quantile_size(&shape));
    double value;

    (void)state;
    assert_false(quantile_get(&shape, sketch, 0.5, &value));
    for (int i = 0; i < 60; i++)
        add(&shape, sketch, 1);
    for (int i = 0; i < 40; i++)
        add(&shape, sketch, 1e6);
    assert_false(quantile_get(&shape, sketch, 0.5, &value));
    assert_true(quantile_get(&shape, sketch, 0.7, &value));
    assert_true(fabs(value - 1e6) <= 1e4);
    add(&shape, sketch, 2);
    assert_int_equal(quantile_count(sketch), 101);
    assert_false(quantile_get(&shape, sketch, 0.59, &value));
    free(sketch);
}

static void damaged_input_is_refused(void **state)
{
    struct quantile_shape shape = quantile_shape(0.01, 64, false);
    struct quantile *sketch = calloc(1, quantile_size(&shape));
    uint8_t *bytes = malloc(quantile_portable_max(&shape));
    size_t length;

    (void)state;
    add(&shape, sketch, 5);
    add(&shape, sketch, 6);
    length = quantile_write(&shape, sketch, bytes);
    for (size_t cut = 0; cut < length; cut++) {
        memset(sketch, 0, quantile_size(&shape));
        assert_int_equal(quantile_read(&shape, bytes, cut, sketch), -EINVAL);
    }
    bytes[2] = 'X';
    assert_int_equal(quantile_read(&shape, bytes, length, sketch), -EINVAL);
    free(sketch);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_their_error),
        cmocka_unit_test(what_bins_do_not_reach_is_unknown),
        cmocka_unit_test(damaged_input_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
