// SPDX-License-Identifier: Apache-2.0
#include "sink/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct kept *kept, const char *text)
{
    assert_int_equal(kept_add(kept, text, strlen(text)), 0);
}

static void expect(const struct kept *kept, const char *text)
{
    assert_int_equal(kept->count, strlen(text));
    assert_memory_equal(kept_bytes(kept), text, kept->count);
}

static void whole_events_go(void **state)
{
    struct kept kept;

    (void)state;
    assert_int_equal(kept_init(&kept, 1024, FRAMING_LINES), 0);
    add(&kept, "one\ntwo\nthr");
    assert_int_equal(kept_forget(&kept, SIZE_MAX), 0);
    assert_int_equal(kept_forget(&kept, 8), 0); /* the first byte of "one" is unread */
    assert_int_equal(kept_forget(&kept, 6), 4);
    expect(&kept, "two\nthr");
    assert_int_equal(kept_forget(&kept, 0), 4);
    expect(&kept, "thr"); /* its rest is still to come */
    add(&kept, "ee\n");
    assert_int_equal(kept_forget(&kept, 0), 6);
    expect(&kept, "");
    kept_deinit(&kept);
}

static void the_oldest_go_where_there_is_no_room(void **state)
{
    struct kept kept;
    size_t came = 0, gone = 0;
    char line[101];

    (void)state;
    assert_int_equal(kept_init(&kept, 1024, FRAMING_LINES), 0);
    for (unsigned i = 0; i < 10000; i++) { /* several times round */
        snprintf(line, sizeof(line), "%099u\n", i);
        gone += kept_add(&kept, line, 100);
        came += 100;
        assert_true(kept.count >= 1024 || gone == 0);
        assert_true(kept.count <= kept.memory.size);
        assert_int_equal(kept.count, came - gone);
        snprintf(line, sizeof(line), "%099zu\n", gone / 100);
        assert_memory_equal(kept_bytes(&kept), line, 100);
        snprintf(line, sizeof(line), "%099u\n", i);
        assert_memory_equal(kept_bytes(&kept) + kept.count - 100, line, 100);
    }
    assert_true(gone > 0);
    kept_deinit(&kept);
    kept_deinit(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_events_go),
        cmocka_unit_test(the_oldest_go_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
