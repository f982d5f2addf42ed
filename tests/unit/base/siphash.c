// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As the reference implementation and OpenSSL have them: key 00 01 .. 0f, input 00 01 .. of each
 * length. */
static void gives_the_reference_vectors(void **state)
{
    static const struct {
        size_t length;
        uint8_t hash[SIPHASH_BYTES];
    } vectors[] = {
        {0,
         {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02,
          0x93}},
        {1,
         {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc,
          0x45}},
        {2,
         {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff,
          0xe4}},
        {7,
         {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82,
          0x39}},
        {8,
         {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97,
          0xb4}},
        {15,
         {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3,
          0xd9}},
        {16,
         {0x6e, 0xe2, 0xa4, 0xca, 0x67, 0xb0, 0x54, 0xbb, 0xfd, 0x33, 0x15, 0xbf, 0x85, 0x23, 0x05,
          0x77}},
        {63,
         {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd,
          0x7c}},
    };
    uint8_t key[SIPHASH_KEY_BYTES], input[64], hash[SIPHASH_BYTES];

    (void)state;
    for (uint8_t i = 0; i < sizeof(input); i++)
        input[i] = i;
    memcpy(key, input, sizeof(key));
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        siphash(key, input, vectors[i].length, hash);
        assert_memory_equal(hash, vectors[i].hash, sizeof(hash));
    }
}

static void each_byte_counts(void **state)
{
    uint8_t key[SIPHASH_KEY_BYTES] = {0}, one[SIPHASH_BYTES], two[SIPHASH_BYTES];
    char text[] = "some text";

    (void)state;
    siphash(key, text, sizeof(text) - 1, one);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] ^= 1;
        siphash(key, text, sizeof(text) - 1, two);
        assert_memory_not_equal(one, two, sizeof(one));
        text[i] ^= 1;
    }
    key[15] = 1;
    siphash(key, text, sizeof(text) - 1, two);
    assert_memory_not_equal(one, two, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_reference_vectors),
        cmocka_unit_test(each_byte_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
