// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_examples_of_the_rfc(void **state)
{
    static const struct {
        const char *bytes, *text;
    } examples[] = {{"", ""},
                    {"f", "Zg=="},
                    {"fo", "Zm8="},
                    {"foo", "Zm9v"},
                    {"foob", "Zm9vYg=="},
                    {"fooba", "Zm9vYmE="},
                    {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char text[16] = "";
        uint8_t bytes[16];
        size_t length = strlen(examples[i].bytes);

        *base64_put(text, (const uint8_t *)examples[i].bytes, length) = '\0';
        assert_string_equal(text, examples[i].text);
        assert_int_equal(base64_length(length), strlen(text));
        assert_int_equal(base64_read(text, strlen(text), bytes), length);
        assert_memory_equal(bytes, examples[i].bytes, length);
    }
}

static void refuses_all_else(void **state)
{
    static const char *const wrong[] = {"Z",    "Zg",       "Zg=",   "Zh==",   "Zm9=",
                                        "Z===", "====",     "Zm9v ", "Zm9v\n", "Z_-v",
                                        "Zm=v", "Zg==Zg==", NULL};
    uint8_t bytes[16];

    (void)state;
    for (const char *const *text = wrong; *text; text++)
        if (base64_read(*text, strlen(*text), bytes) != -EINVAL)
            fail_msg("%s was read", *text);
    assert_int_equal(base64_read("AA\0A", 4, bytes), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc),
        cmocka_unit_test(refuses_all_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
