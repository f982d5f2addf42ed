// SPDX-License-Identifier: Apache-2.0
#include "sink/resend_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct resend_buffer *buffer, const char *text)
{
    assert_int_equal(resend_buffer_add(buffer, text, strlen(text)), 0);
}

static void expect(const struct resend_buffer *buffer, const char *text)
{
    assert_int_equal(buffer->count, strlen(text));
    assert_memory_equal(resend_buffer_bytes(buffer), text, buffer->count);
}

static void whole_events_go(void **state)
{
    struct resend_buffer buffer;

    (void)state;
    assert_int_equal(resend_buffer_init(&buffer, 1024, FRAMING_LINES), 0);
    add(&buffer, "one\ntwo\nthr");
    assert_int_equal(resend_buffer_forget(&buffer, SIZE_MAX), 0);
    assert_int_equal(resend_buffer_forget(&buffer, 8), 0); /* the first byte of "one" is unread */
    assert_int_equal(resend_buffer_forget(&buffer, 6), 4);
    expect(&buffer, "two\nthr");
    assert_int_equal(resend_buffer_forget(&buffer, 0), 4);
    expect(&buffer, "thr"); /* its rest is still to come */
    add(&buffer, "ee\n");
    assert_int_equal(resend_buffer_forget(&buffer, 0), 6);
    expect(&buffer, "");
    resend_buffer_deinit(&buffer);
}

static void the_oldest_go_where_there_is_no_room(void **state)
{
    struct resend_buffer buffer;
    size_t came = 0, gone = 0;
    char line[101];

    (void)state;
    assert_int_equal(resend_buffer_init(&buffer, 1024, FRAMING_LINES), 0);
    for (unsigned i = 0; i < 10000; i++) { /* several times round */
        snprintf(line, sizeof(line), "%099u\n", i);
        gone += resend_buffer_add(&buffer, line, 100);
        came += 100;
        assert_true(buffer.count >= 1024 || gone == 0);
        assert_true(buffer.count <= buffer.memory.size);
        assert_int_equal(buffer.count, came - gone);
        snprintf(line, sizeof(line), "%099zu\n", gone / 100);
        assert_memory_equal(resend_buffer_bytes(&buffer), line, 100);
        snprintf(line, sizeof(line), "%099u\n", i);
        assert_memory_equal(resend_buffer_bytes(&buffer) + buffer.count - 100, line, 100);
    }
    assert_true(gone > 0);
    resend_buffer_deinit(&buffer);
    resend_buffer_deinit(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_events_go),
        cmocka_unit_test(the_oldest_go_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
