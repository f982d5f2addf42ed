// SPDX-License-Identifier: Apache-2.0
#include "sink/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct tail *tail, const char *text)
{
    assert_int_equal(tail_add(tail, text, strlen(text)), 0);
}

static void expect(const struct tail *tail, const char *text)
{
    assert_int_equal(tail->count, strlen(text));
    assert_memory_equal(tail_bytes(tail), text, tail->count);
}

static void whole_events_go(void **state)
{
    struct tail tail;

    (void)state;
    assert_int_equal(tail_init(&tail, 1024, FRAMING_LINES), 0);
    add(&tail, "one\ntwo\nthr");
    assert_int_equal(tail_forget(&tail, SIZE_MAX), 0);
    assert_int_equal(tail_forget(&tail, 8), 0); /* the first byte of "one" is unread */
    assert_int_equal(tail_forget(&tail, 6), 4);
    expect(&tail, "two\nthr");
    assert_int_equal(tail_forget(&tail, 0), 4);
    expect(&tail, "thr"); /* its rest is still to come */
    add(&tail, "ee\n");
    assert_int_equal(tail_forget(&tail, 0), 6);
    expect(&tail, "");
    tail_deinit(&tail);
}

static void the_oldest_go_where_there_is_no_room(void **state)
{
    struct tail tail;
    size_t came = 0, gone = 0;
    char line[101];

    (void)state;
    assert_int_equal(tail_init(&tail, 1024, FRAMING_LINES), 0);
    for (unsigned i = 0; i < 10000; i++) { /* several times round */
        snprintf(line, sizeof(line), "%099u\n", i);
        gone += tail_add(&tail, line, 100);
        came += 100;
        assert_true(tail.count >= 1024 || gone == 0);
        assert_true(tail.count <= tail.memory.size);
        assert_int_equal(tail.count, came - gone);
        snprintf(line, sizeof(line), "%099zu\n", gone / 100);
        assert_memory_equal(tail_bytes(&tail), line, 100);
        snprintf(line, sizeof(line), "%099u\n", i);
        assert_memory_equal(tail_bytes(&tail) + tail.count - 100, line, 100);
    }
    assert_true(gone > 0);
    tail_deinit(&tail);
    tail_deinit(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_events_go),
        cmocka_unit_test(the_oldest_go_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
