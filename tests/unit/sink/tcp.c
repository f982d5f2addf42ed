// SPDX-License-Identifier: Apache-2.0
#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

static void carries_chunks_as_they_are(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct sink *sink = open_sink(&sink_tcp, FRAMING_LINES, "{address: '127.0.0.1:%u'}", port);

    (void)state;
    assert_int_equal(tend_to(sink), -1); /* connects before there is anything to send */
    assert_int_equal(last_state, SINK_ACCEPTED);
    peer = peer_accept(listener);
    put_text(sink, "one\ntwo\n");
    expect_text(peer, "one\ntwo\n");
    assert_int_equal(row_of(sink, "connected"), 1);
    assert_int_equal(row_of(sink, "connects"), 1);
    assert_int_equal(row_of(sink, "resent"), 0);
    sink_tcp.close(sink);
    assert_int_equal(recv(peer, (char[1]){0}, 1, 0), 0);
    close(peer);
    close(listener);
}

static void a_name_will_do(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct sink *sink = open_sink(&sink_tcp, FRAMING_LINES, "{address: 'localhost:%u'}", port);

    (void)state;
    put_text(sink, "one\n");
    peer = peer_accept(listener);
    expect_text(peer, "one\n");
    sink_tcp.close(sink);
    close(peer);
    close(listener);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    refuse_sink(&sink_tcp, "{address: logs}", FRAMING_LINES,
                "\"logs\" is not a valid address: write host:port, as in logs.example:514, "
                "10.0.0.1:514 or [fe80::1]:514");
    sink_tcp.close(NULL);
}

static void says_that_nobody_is_there(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port);
    struct sink *sink = open_sink(&sink_tcp, FRAMING_LINES, "{address: '127.0.0.1:%u'}", port);

    (void)state;
    close(listener);
    expect_waiting(sink, "one\n", "Connection refused");
    sink_tcp.close(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_chunks_as_they_are),
        cmocka_unit_test(a_name_will_do),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(says_that_nobody_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
