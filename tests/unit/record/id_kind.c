// SPDX-License-Identifier: Apache-2.0
#include "record/id_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void ids_with_names(void **state)
{
    const struct {
        enum field_meaning meaning;
        enum resolver_kind kind;
    } ids[] = {{MEANING_UID, RESOLVER_UID},
               {MEANING_GID, RESOLVER_GID},
               {MEANING_CGROUP_ID, RESOLVER_CGROUP}};
    enum resolver_kind kind;

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        assert_true(id_kind_of(ids[i].meaning, &kind));
        assert_int_equal(kind, ids[i].kind);
    }
}

static void all_else_has_none(void **state)
{
    enum resolver_kind kind = RESOLVER_KINDS;

    (void)state;
    assert_false(id_kind_of(MEANING_NONE, &kind));
    assert_false(id_kind_of(MEANING_ERRNO, &kind));
    assert_int_equal(kind, RESOLVER_KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_with_names),
        cmocka_unit_test(all_else_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
