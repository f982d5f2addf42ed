// SPDX-License-Identifier: Apache-2.0
#include "encode/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void finds_each_of_its_formats(void **state)
{
    (void)state;
    for (size_t i = 0; encoder_kinds[i]; i++)
        assert_ptr_equal(encoder_find(encoder_kinds[i]->name), encoder_kinds[i]);
    assert_non_null(encoder_find("json"));
}

static void each_row_is_complete(void **state)
{
    (void)state;
    for (const struct encoder_ops *const *kind = encoder_kinds; *kind; kind++) {
        assert_non_null((*kind)->doc);
        assert_non_null((*kind)->open);
        assert_non_null((*kind)->encode);
        assert_non_null((*kind)->encode_loss);
        assert_non_null((*kind)->close);
        for (const struct setting *row = (*kind)->settings; row && row->name; row++) {
            assert_true(row->offset < (*kind)->config_size);
            assert_non_null(row->doc);
        }
    }
}

static void knows_no_others(void **state)
{
    (void)state;
    assert_null(encoder_find("jso"));
    assert_null(encoder_find("JSON"));
    assert_null(encoder_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_of_its_formats),
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(knows_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
