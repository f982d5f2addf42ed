// SPDX-License-Identifier: Apache-2.0

/* The same values as one by one, for fields of all kinds, at all lengths. */

#include "pipeline/field_values.h"

#include "record/field.h"
#include "unit/config/support.h"

static void as_one_by_one(void **state)
{
    static const struct field fields[] = {
        {.kind = FIELD_UINT, .offset = 3, .size = 1},
        {.kind = FIELD_INT, .offset = 2, .size = 1, .is_signed = true},
        {.kind = FIELD_UINT, .offset = 6, .size = 2},
        {.kind = FIELD_INT, .offset = 6, .size = 2, .is_signed = true},
        {.kind = FIELD_UINT, .offset = 4, .size = 4},
        {.kind = FIELD_INT, .offset = 5, .size = 4, .is_signed = true},
        {.kind = FIELD_UINT, .offset = 8, .size = 8},
        {.kind = FIELD_UINT, .offset = 9, .size = 2, .bits = 7, .shift = 3},
        {.kind = FIELD_INT, .offset = 1, .size = 9, .bits = 64, .shift = 5, .is_signed = true},
    };
    struct ringmill_view views[BATCH_MAX];
    struct field_values values;
    uint8_t bytes[BATCH_MAX][20];

    (void)state;
    for (uint32_t i = 0; i < BATCH_MAX; i++) {
        for (uint32_t j = 0; j < sizeof(bytes[i]); j++)
            bytes[i][j] = (uint8_t)(i * 37 + j * 101 + i * j);
        views[i] = (struct ringmill_view){.data = bytes[i], .length = i % 21};
    }
    for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
        memset(&values, 0xff, sizeof(values));
        field_values_read(&values, &fields[f], views, BATCH_MAX);
        for (uint32_t i = 0; i < BATCH_MAX; i++) {
            bool present = field_present(&fields[f], &views[i]);

            assert_int_equal(values.absent[i], !present);
            assert_int_equal(values.values[i], present ? field_integer(&fields[f], &views[i]) : 0);
        }
    }
}

static void tags_stand_before_the_sample(void **state)
{
    struct {
        uint32_t length, tag;
        char sample[8];
    } records[2] = {{8, 5, ""}, {0, UINT32_MAX, ""}};
    const struct ringmill_view views[2] = {{.data = records[0].sample, .length = 8},
                                           {.data = records[1].sample, .length = 0}};
    struct field_values values;

    (void)state;
    field_values_read_tags(&values, views, 2);
    assert_int_equal(values.values[0], 5);
    assert_int_equal(values.values[1], UINT32_MAX);
    assert_false(values.absent[0] || values.absent[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_by_one),
        cmocka_unit_test(tags_stand_before_the_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
