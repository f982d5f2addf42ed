// SPDX-License-Identifier: Apache-2.0
#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

static void one_event_a_datagram(void **state)
{
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    struct sink *sink = open_sink(&sink_udp, FRAMING_LINES, "{address: '127.0.0.1:%u'}", port);

    (void)state;
    assert_null(sink_udp.watch);
    put_text(sink, "one\ntwo\n");
    expect_text(peer, "one");
    expect_text(peer, "two");
    assert_int_equal(row_of(sink, "sent"), 2);
    sink_udp.close(sink);
    close(peer);
}

static void max_bytes_is_the_bound_of_an_event(void **state)
{
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    struct sink *sink =
        open_sink(&sink_udp, FRAMING_LINES, "{address: '127.0.0.1:%u', max_bytes: 64}", port);
    char bytes[67];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    bytes[65] = '\n';
    bytes[66] = '\0';
    put_text(sink, bytes);
    assert_int_equal(last.refused, 1);
    assert_int_equal(row_of(sink, "too_long"), 1);
    put_text(sink, bytes + 1);
    assert_int_equal(last.refused, 0);
    expect_bytes(peer, bytes + 1, 64);
    sink_udp.close(sink);
    close(peer);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    refuse_sink(&sink_udp, "{address: ':514'}", FRAMING_LINES,
                "\":514\" is not a valid address: write host:port, as in logs.example:514, "
                "10.0.0.1:514 or [fe80::1]:514");
    sink_udp.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event_a_datagram),
        cmocka_unit_test(max_bytes_is_the_bound_of_an_event),
        cmocka_unit_test(refuses_what_is_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
