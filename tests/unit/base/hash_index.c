// SPDX-License-Identifier: Apache-2.0
#include "base/hash_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS = 64, STEPS = 200000 };

/* Few different hashes, at both ends of the slots, so that rows are pushed along and around. */
static uint64_t hash_of(uint32_t row)
{
    return (uint64_t)row << 32 | (row % 3 ? row % 7 : UINT32_MAX - row % 5);
}

static bool finds(const struct hash_index *index, uint32_t wanted)
{
    uint64_t hash = hash_of(wanted);
    uint32_t at = (uint32_t)hash, row;

    while ((row = hash_index_next(index, hash, &at)) != HASH_INDEX_NONE)
        if (row == wanted)
            return true;
    return false;
}

static void rows_come_and_go(void **state)
{
    struct hash_index index = hash_index_over(calloc(1, hash_index_size(ROWS)), ROWS);
    bool present[ROWS + 1] = {false};

    (void)state;
    srandom(1);
    for (int step = 0; step < STEPS; step++) {
        uint32_t row = 1 + (uint32_t)random() % ROWS;

        if (present[row])
            hash_index_remove(&index, hash_of(row), row);
        else
            hash_index_add(&index, hash_of(row), row);
        present[row] = !present[row];
        row = 1 + (uint32_t)random() % ROWS;
        assert_int_equal(finds(&index, row), present[row]);
    }
    for (uint32_t row = 1; row <= ROWS; row++) {
        assert_int_equal(finds(&index, row), present[row]);
        if (present[row])
            hash_index_remove(&index, hash_of(row), row);
    }
    for (size_t i = 0; i < hash_index_size(ROWS) / sizeof(*index.slots); i++)
        assert_int_equal(index.slots[i].row, HASH_INDEX_NONE);
    free(index.slots);
}

static void an_index_is_at_most_half_full(void **state)
{
    (void)state;
    for (uint32_t rows = 0; rows < 5000; rows++) {
        size_t slots = hash_index_size(rows) / sizeof(struct hash_slot);

        assert_true(slots >= 2 * rows && slots >= 8);
        assert_int_equal(slots & (slots - 1), 0);
        assert_int_equal(hash_index_over(NULL, rows).mask, slots - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_and_go),
        cmocka_unit_test(an_index_is_at_most_half_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
