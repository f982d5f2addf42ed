// SPDX-License-Identifier: Apache-2.0
#include "aggregate/top.h"

#include <math.h>

#include "unit/aggregate/support.h"

enum { KEYS = 3000, RECORDS = 20000, SHOWN = 20 };

static const struct text none;

static void add(const struct top_shape *shape, struct top *top, uint64_t key, uint64_t weight)
{
    uint64_t state = key;
    char text[16];
    struct text name = {text,
                        (uint32_t)snprintf(text, sizeof(text), "key %lu", (unsigned long)key)};

    top_add(shape, top, random_next(&state), shape->texts ? 0 : key, shape->texts ? name : none,
            weight);
}

static uint64_t key_of(const struct top_shape *shape, const struct top_item *item)
{
    char text[TOP_TEXT_MAX + 1] = "";

    if (!shape->texts)
        return item->number;
    memcpy(text, item->text.bytes, item->text.length);
    return strtoull(text + strlen("key "), NULL, 10);
}

/* What it says of each value is true, and nothing that came more often than its least is missing.
 */
static void check(const struct top_shape *shape, const struct top *top, const uint64_t *exact)
{
    struct top_item items[TOP_ENTRIES_MAX];
    uint32_t count = top_get(shape, top, items, shape->entries);
    uint64_t least = top_least(shape, top), held = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = key_of(shape, &items[i]);

        assert_true(key < KEYS);
        assert_true(items[i].count >= exact[key] && items[i].count - items[i].error <= exact[key]);
        assert_true(i == 0 || items[i].count <= items[i - 1].count);
    }
    for (uint32_t key = 0; key < KEYS; key++)
        held += exact[key] > least;
    assert_true(held <= count);
}

static void counts_are_within_their_error(void **state)
{
    static uint64_t exact[KEYS];
    uint64_t seed = random_seed("top");

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct top_shape shape = top_shape(1 + (uint32_t)(random_next(&seed) % 300), round % 2);
        struct top *parts[2] = {calloc(1, top_size(&shape)), calloc(1, top_size(&shape))};
        struct top *read = calloc(1, top_size(&shape));
        uint8_t *bytes = malloc(top_portable_max(&shape));
        size_t length;

        memset(exact, 0, sizeof(exact));
        for (uint32_t i = 0; i < RECORDS; i++) {
            double share = ldexp((double)(random_next(&seed) >> 11), -53);
            uint64_t key = (uint64_t)exp(share * log(KEYS - 1)), weight = 1;

            if (round % 3 == 0)
                weight = 1 + random_next(&seed) % 10;
            exact[key] += weight;
            add(&shape, parts[i % 2], key, weight);
        }
        top_merge(&shape, parts[0], parts[1]);
        check(&shape, parts[0], exact);
        length = top_write(&shape, parts[0], bytes);
        assert_true(length <= top_portable_max(&shape));
        assert_int_equal(top_read(&shape, bytes, length, read), 0);
        check(&shape, read, exact);
        memset(read, 0, top_size(&shape));
        assert_int_equal(top_read(&shape, bytes, length - 1, read), -EINVAL);
        free(parts[0]);
        free(parts[1]);
        free(read);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_within_their_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
