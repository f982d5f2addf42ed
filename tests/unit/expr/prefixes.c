// SPDX-License-Identifier: Apache-2.0

/* The tree against a plain search: random networks of all lengths, and addresses near them. */

#include "expr/prefixes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 200, ADDRESSES = 300, MOST = 400 };

static uint64_t random_state = 20261123;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % limit;
}

/* Few different bytes, so that networks meet. */
static void random_address(struct address *address, uint8_t size)
{
    *address = (struct address){.size = size, .bits = (uint8_t)(8 * size)};
    for (int i = 0; i < size; i++)
        address->bytes[i] = (uint8_t)(random_below(3) * 0x7f + random_below(2));
}

static bool contains(const struct address *network, const struct address *address)
{
    struct address masked = *address;

    address_mask(masked.bytes, masked.size, network->bits);
    return memcmp(masked.bytes, network->bytes, network->size) == 0;
}

static void as_a_plain_search(void **state)
{
    static struct address networks[MOST];

    (void)state;
    print_message("seed %llu\n", (unsigned long long)random_state);
    for (int round = 0; round < ROUNDS; round++) {
        struct expr *owner = calloc(1, sizeof(*owner));
        uint8_t size = round & 1 ? 16 : 4;
        uint32_t n = random_below(round % 7 == 0 ? MOST : 20);
        struct prefixes *prefixes;
        bool crowded;

        for (uint32_t i = 0; i < n; i++) {
            random_address(&networks[i], size);
            networks[i].bits = (uint8_t)(random_below(8U * size) + 1);
            address_mask(networks[i].bytes, size, networks[i].bits);
        }
        prefixes = prefixes_new(owner, networks, n, &crowded);
        assert_non_null(prefixes);
        assert_false(crowded);
        for (int k = 0; k < ADDRESSES; k++) {
            struct address address;
            bool expected = false;

            random_address(&address, size);
            for (uint32_t i = 0; i < n; i++)
                expected = expected || contains(&networks[i], &address);
            assert_int_equal(prefixes_have(prefixes, address.bytes), expected);
        }
        expr_free(owner);
    }
}

static void everything(void **state)
{
    const struct address all = {.size = 16, .bits = 0, .is_network = true};
    struct expr *owner = calloc(1, sizeof(*owner));
    struct address address;
    bool crowded;
    struct prefixes *prefixes = prefixes_new(owner, &all, 1, &crowded);

    (void)state;
    random_address(&address, 16);
    assert_true(prefixes_have(prefixes, address.bytes));
    expr_free(owner);
}

static void crowded(void **state)
{
    enum { N = PREFIXES_NODES_MAX / 14 + 2 };
    struct address *networks = calloc(N, sizeof(*networks));
    struct expr *owner = calloc(1, sizeof(*owner));
    bool is_crowded;

    (void)state;
    for (int i = 0; i < N; i++) { /* which share two nodes at the most */
        networks[i] = (struct address){.size = 16, .bits = 128};
        networks[i].bytes[0] = (uint8_t)i;
        networks[i].bytes[1] = (uint8_t)(i >> 8);
    }
    assert_null(prefixes_new(owner, networks, N, &is_crowded));
    assert_true(is_crowded);
    expr_free(owner);
    free(networks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_plain_search),
        cmocka_unit_test(everything),
        cmocka_unit_test(crowded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
