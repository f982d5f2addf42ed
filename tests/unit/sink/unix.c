// SPDX-License-Identifier: Apache-2.0
#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

static void a_stream_carries_chunks_as_they_are(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_STREAM, place->path), peer;
    struct sink *sink = open_sink(&sink_unix, FRAMING_LINES, "{path: %s}", place->path);

    assert_int_equal(watched_fd(sink), -1);
    put_text(sink, "one\ntwo\n");
    peer = peer_accept(listener);
    assert_true(watched_fd(sink) >= 0);
    expect_text(peer, "one\ntwo\n");
    assert_int_equal(row_of(sink, "connected"), 1);
    assert_int_equal(row_of(sink, "connects"), 1);
    sink_unix.close(sink);
    assert_int_equal(recv(peer, (char[1]){0}, 1, 0), 0);
    close(peer);
    close(listener);
}

static void a_seqpacket_socket_keeps_events_apart(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_SEQPACKET, place->path), peer;
    struct sink *sink =
        open_sink(&sink_unix, FRAMING_LINES, "{path: %s, kind: seqpacket}", place->path);

    put_text(sink, "one\ntwo\n");
    peer = peer_accept(listener);
    expect_text(peer, "one");
    expect_text(peer, "two");
    close(peer);
    expect_waiting(sink, "three\n", "cannot send: ");
    put_text(sink, "three\n");
    peer = peer_accept(listener);
    expect_text(peer, "three");
    assert_int_equal(row_of(sink, "connects"), 2);
    assert_int_equal(row_of(sink, "sent"), 3);
    sink_unix.close(sink);
    close(peer);
    close(listener);
}

static void a_datagram_socket_keeps_events_apart(void **state)
{
    const struct place *place = *state;
    int peer = peer_unix(SOCK_DGRAM, place->path);
    struct sink *sink =
        open_sink(&sink_unix, FRAMING_LINES, "{path: %s, kind: datagram}", place->path);

    put_text(sink, "one\ntwo\n");
    expect_text(peer, "one");
    expect_text(peer, "two");
    sink_unix.close(sink);
    close(peer);
}

static void says_that_nobody_is_there(void **state)
{
    const struct place *place = *state;
    struct sink *sink = open_sink(&sink_unix, FRAMING_LINES, "{path: %s}", place->path);

    expect_waiting(sink, "one\n", "No such file or directory");
    assert_true(tend_to(sink) > 0);
    assert_int_equal(last_state, SINK_WAITING);
    assert_int_equal(row_of(sink, "connected"), 0);
    sink_unix.close(sink);
    sink_unix.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_stream_carries_chunks_as_they_are),
        IN_PLACE(a_seqpacket_socket_keeps_events_apart),
        IN_PLACE(a_datagram_socket_keeps_events_apart),
        IN_PLACE(says_that_nobody_is_there),
    };

    return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
