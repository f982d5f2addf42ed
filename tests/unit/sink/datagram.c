// SPDX-License-Identifier: Apache-2.0
#include "sink/datagram.h"

#include "unit/sink/peer.h"

struct line {
    struct datagram datagram;
    struct sink_outcome last;
};

static void start_unix(struct line *line, const char *path, enum framing framing)
{
    struct endpoint endpoint;
    struct error error;

    *line = (struct line){0};
    assert_int_equal(endpoint_unix(&endpoint, SOCK_DGRAM, path, &error), 0);
    assert_int_equal(connection_init(&line->datagram.connection, &endpoint, framing, 0), 0);
}

static void start_udp(struct line *line, uint16_t port)
{
    struct endpoint endpoint;
    struct error error;
    char address[32];

    *line = (struct line){0};
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    assert_int_equal(endpoint_inet(&endpoint, SOCK_DGRAM, address, &error), 0);
    assert_int_equal(connection_init(&line->datagram.connection, &endpoint, FRAMING_LINES, 0), 0);
}

/* Returns the bytes taken. */
static size_t put(struct line *line, const char *bytes, size_t size)
{
    enum sink_state state;

    line->last = (struct sink_outcome){0};
    state = datagram_write(&line->datagram, bytes, size, &line->last);
    assert_true((state == SINK_WAITING || state == SINK_REFUSED) == (line->last.why != NULL));
    assert_true((state == SINK_REFUSED) == (line->last.refused > 0));
    return line->last.taken;
}

static void each_event_is_a_datagram_without_its_newline(void **state)
{
    const struct place *place = *state;
    int peer = peer_unix(SOCK_DGRAM, place->path);
    struct line line;

    start_unix(&line, place->path, FRAMING_LINES);
    assert_int_equal(put(&line, "one\ntwo\n\nthree\n", 15), 15);
    expect_text(peer, "one");
    expect_text(peer, "two");
    assert_int_equal(recv(peer, (char[1]){0}, 1, 0), 0); /* an empty one is one, too */
    expect_text(peer, "three");
    expect_nothing_more(peer);
    assert_int_equal(line.last.refused, 0);
    assert_int_equal(counter_get(&line.datagram.sent), 4);
    connection_deinit(&line.datagram.connection);
    close(peer);
}

static void a_chunk_takes_as_many_calls_as_it_needs(void **state)
{
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    char bytes[200 * 4 + 16], one[16];
    struct line line;
    size_t sent = 0;
    int calls = 0;

    (void)state;
    start_udp(&line, port);
    for (int i = 0; i < 200; i++)
        snprintf(bytes + 4 * i, 16, "%03d\n", i);
    for (; sent < 800; calls++) {
        ssize_t more = put(&line, bytes + sent, 800 - sent);

        assert_true(more > 0 && more <= 4 * DATAGRAM_BATCH);
        sent += (size_t)more;
    }
    assert_int_equal(calls, 4);
    for (int i = 0; i < 200; i++) {
        snprintf(one, sizeof(one), "%03d", i);
        expect_text(peer, one);
    }
    connection_deinit(&line.datagram.connection);
    close(peer);
}

static uint32_t put_head(void *data, char out[DATAGRAM_HEAD_MAX])
{
    int *number = data;

    return (uint32_t)snprintf(out, DATAGRAM_HEAD_MAX, "<%d> ", ++*number);
}

static void a_head_stands_before_each_event(void **state)
{
    static const char framed[] = "\3\0\0\0one\4\0\0\0f\nur";
    const struct place *place = *state;
    int peer = peer_unix(SOCK_DGRAM, place->path), number = 0;
    struct line line;

    start_unix(&line, place->path, FRAMING_PREFIXED);
    line.datagram.head = put_head;
    line.datagram.head_data = &number;
    assert_int_equal(put(&line, framed, sizeof(framed) - 1), sizeof(framed) - 1);
    expect_text(peer, "<1> one");
    expect_text(peer, "<2> f\nur");
    connection_deinit(&line.datagram.connection);
    close(peer);
}

/* Those in front are reported by themselves, so that none is counted that was not sent. */
static void what_is_too_long_is_thrown_away_and_counted(void **state)
{
    static const char bytes[] = "longer than ten\nlonger than ten\none\ntwo\nlonger than ten\n4\n";
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    struct line line;

    (void)state;
    start_udp(&line, port);
    line.datagram.largest = 10;
    assert_int_equal(put(&line, bytes, sizeof(bytes) - 1), 32);
    assert_int_equal(line.last.refused, 2);
    assert_int_equal(put(&line, bytes + 32, sizeof(bytes) - 33), 8);
    assert_int_equal(line.last.refused, 0);
    assert_int_equal(put(&line, bytes + 40, sizeof(bytes) - 41), 16);
    assert_int_equal(line.last.refused, 1);
    assert_int_equal(put(&line, bytes + 56, sizeof(bytes) - 57), 2);
    assert_int_equal(line.last.refused, 0);
    expect_text(peer, "one");
    expect_text(peer, "two");
    expect_text(peer, "4");
    expect_nothing_more(peer);
    assert_int_equal(counter_get(&line.datagram.too_long), 3);
    assert_int_equal(counter_get(&line.datagram.sent), 3);
    connection_deinit(&line.datagram.connection);
    close(peer);
}

/* Loopback's MTU, or what an IPv4 packet can be, less the headers. */
static size_t longest_datagram(void)
{
    FILE *file = fopen("/sys/class/net/lo/mtu", "re");
    unsigned mtu = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &mtu), 1);
    fclose(file);
    return (mtu < 65535 ? mtu : 65535) - 48;
}

static void the_mtu_is_the_bound_of_udp(void **state)
{
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    static char bytes[65600];
    struct line line;
    size_t longest = longest_datagram();

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    start_udp(&line, port);
    bytes[longest] = '\n';
    assert_int_equal(put(&line, bytes, longest + 1), longest + 1);
    assert_int_equal(line.last.refused, 0);
    expect_bytes(peer, bytes, longest);
    bytes[longest] = 'x';
    bytes[longest + 1] = '\n';
    assert_int_equal(put(&line, bytes, longest + 2), longest + 2);
    assert_int_equal(line.last.refused, 1);
    expect_nothing_more(peer);
    connection_deinit(&line.datagram.connection);
    close(peer);
}

static void a_peer_that_is_away_is_called_again(void **state)
{
    const struct place *place = *state;
    uint16_t port = 0;
    int peer = peer_inet(SOCK_DGRAM, &port);
    struct line line;

    start_udp(&line, port);
    assert_int_equal(put(&line, "one\n", 4), 4);
    close(peer);
    assert_int_equal(put(&line, "two\n", 4), 4); /* the kernel took it: nobody knows better yet */
    assert_int_equal(put(&line, "three\n", 6), 0);
    assert_non_null(strstr(line.last.why, strerror(ECONNREFUSED)));
    assert_string_equal(line.datagram.connection.why.text, "cannot send: Connection refused");
    peer = peer_inet(SOCK_DGRAM, &port);
    assert_int_equal(put(&line, "three\n", 6), 6);
    expect_text(peer, "three");
    connection_deinit(&line.datagram.connection);
    close(peer);

    start_unix(&line, place->path, FRAMING_LINES);
    assert_int_equal(put(&line, "one\n", 4), 0);
    assert_non_null(strstr(line.last.why, strerror(ENOENT)));
    peer = peer_unix(SOCK_DGRAM, place->path);
    assert_int_equal(put(&line, "one\n", 4), 4);
    close(peer);
    assert_int_equal(put(&line, "two\n", 4), 0);
    assert_non_null(strstr(line.last.why, strerror(ECONNREFUSED)));
    peer = peer_unix(SOCK_DGRAM, place->path);
    assert_int_equal(put(&line, "two\n", 4), 4);
    expect_text(peer, "two");
    connection_deinit(&line.datagram.connection);
    close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(each_event_is_a_datagram_without_its_newline),
        cmocka_unit_test(a_chunk_takes_as_many_calls_as_it_needs),
        IN_PLACE(a_head_stands_before_each_event),
        cmocka_unit_test(what_is_too_long_is_thrown_away_and_counted),
        cmocka_unit_test(the_mtu_is_the_bound_of_udp),
        IN_PLACE(a_peer_that_is_away_is_called_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
