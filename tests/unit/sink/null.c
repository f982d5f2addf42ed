// SPDX-License-Identifier: Apache-2.0
#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

static void takes_everything(void **state)
{
    struct sink *one = open_sink(&sink_null, FRAMING_LINES, "{}");
    struct sink *two = open_sink(&sink_null, FRAMING_PREFIXED, "{}");

    (void)state;
    put_text(one, "one\n");
    put_text(two, "two\n");
    assert_int_equal(last.refused, 0);
    assert_null(sink_null.watch);
    sink_close(one);
    sink_close(two);
    sink_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_everything)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
