// SPDX-License-Identifier: Apache-2.0
#include "sink/connection.h"

#include <pthread.h>
#include <sys/ioctl.h>

#include "unit/sink/peer.h"

enum { RESEND_MAX = 1024 * 1024 };

struct line {
    struct connection connection;
    enum sink_state state; /* of the last call */
};

static void start_unix(struct line *line, const char *path)
{
    struct endpoint endpoint;
    struct error error;

    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, path, &error), 0);
    assert_int_equal(connection_init(&line->connection, &endpoint, FRAMING_LINES, RESEND_MAX), 0);
}

static void start_tcp(struct line *line, uint16_t port)
{
    struct endpoint endpoint;
    struct error error;
    char address[32];

    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    assert_int_equal(endpoint_inet(&endpoint, SOCK_STREAM, address, &error), 0);
    assert_int_equal(connection_init(&line->connection, &endpoint, FRAMING_LINES, RESEND_MAX), 0);
}

static size_t put_bytes(struct line *line, const char *bytes, size_t size)
{
    struct sink_outcome outcome = {0};

    line->state = connection_write(&line->connection, bytes, size, &outcome);
    return outcome.taken;
}

static void put(struct line *line, const char *text)
{
    assert_int_equal(put_bytes(line, text, strlen(text)), strlen(text));
}

static int tend(struct line *line)
{
    struct sink_outcome outcome = {0};

    line->state = connection_tend(&line->connection, &outcome);
    return outcome.due_ms;
}

/* A pause is over. */
static void let_time_pass(struct line *line)
{
    line->connection.opened = 1;
}

static void connects_when_there_is_something_to_send(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_STREAM, place->path), peer;
    struct line line;

    start_unix(&line, place->path);
    assert_int_equal(line.connection.fd, -1);
    put(&line, "one\n");
    peer = peer_accept(listener);
    put(&line, "two\n");
    expect_text(peer, "one\ntwo\n");
    assert_int_equal(counter_get(&line.connection.connects), 1);
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

static void what_was_not_read_comes_again_from_the_beginning_of_an_event(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_STREAM, place->path), peer;
    struct line line;

    start_unix(&line, place->path);
    put(&line, "one\n");
    put(&line, "two\n");
    put(&line, "thr"); /* as after a write that was interrupted */
    peer = peer_accept(listener);
    expect_text(peer, "one\ntw");
    close(peer);
    put(&line, "ee\n"); /* the rest of the event belongs to the next connection */
    peer = peer_accept(listener);
    expect_text(peer, "one\ntwo\nthree\n"); /* nothing was sent between that could tell of "one" */
    put(&line, "four\n");
    put(&line, "five\n");
    expect_text(peer, "four\nfive\n");
    put(&line, "six\n"); /* now it is known that the others were read */
    close(peer);
    put(&line, "seven\n");
    peer = peer_accept(listener);
    expect_text(peer, "six\nseven\n");
    expect_nothing_more(peer);
    assert_int_equal(counter_get(&line.connection.resent), 11 + 4);
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

static void tcp_keeps_more_than_what_the_other_kernel_acknowledged(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct line line;

    (void)state;
    start_tcp(&line, port);
    put(&line, "one\ntwo\n");
    peer = peer_accept(listener);
    expect_text(peer, "one\n");
    close(peer); /* with "two" unread, which this kernel has acknowledged */
    for (int i = 0; i < 1000 && counter_get(&line.connection.connects) == 1; i++) {
        put(&line, "three\n");
        usleep(1000);
    }
    peer = peer_accept(listener);
    expect_text(peer, "one\ntwo\nthree\n");
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

enum { NUMBERED = 20000, NUMBERED_LENGTH = 100 }; /* more than all buffers take */

struct mortal {
    struct line *line;
    int listener;
    int n_acknowledged; /* bytes that the first peer's kernel had and its program did not read */
    uint32_t n_came;    /* to the second peer, in order from the first event on */
};

static bool is_writable(int fd)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};

    return poll(&writable, 1, 0) > 0;
}

/* A peer that reads nothing until the kernels take nothing more, and dies. One that reads all. */
static void *die_and_rise(void *data)
{
    struct mortal *mortal = data;
    char event[NUMBERED_LENGTH];
    int peer = peer_accept(mortal->listener), before = -1;

    while (mortal->n_acknowledged != before || is_writable(mortal->line->connection.fd)) {
        before = mortal->n_acknowledged;
        usleep(1000);
        ioctl(peer, FIONREAD, &mortal->n_acknowledged);
    }
    close(peer);
    peer = peer_accept(mortal->listener);
    while (mortal->n_came < NUMBERED &&
           recv(peer, event, sizeof(event), MSG_WAITALL) == NUMBERED_LENGTH &&
           strtoul(event, NULL, 10) == mortal->n_came)
        mortal->n_came++;
    close(peer);
    return NULL;
}

/* What the peer's kernel has acknowledged is as lost as what ours still has. */
static void what_both_kernels_held_comes_again(void **state)
{
    const int small = 64 * 1024;
    char event[NUMBERED_LENGTH + 1];
    uint16_t port = 0;
    struct mortal mortal = {.listener = peer_inet(SOCK_STREAM, &port)};
    struct line line;
    pthread_t thread;

    (void)state;
    assert_int_equal(setsockopt(mortal.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    start_tcp(&line, port);
    mortal.line = &line;
    assert_int_equal(connection_open(&line.connection), 0);
    assert_int_equal(pthread_create(&thread, NULL, die_and_rise, &mortal), 0);
    for (size_t sent = 0;
         sent < NUMBERED * NUMBERED_LENGTH && counter_get(&line.connection.connects) < 3;) {
        size_t begun = sent % NUMBERED_LENGTH; /* a peer that dies can leave an event half taken */

        snprintf(event, sizeof(event), "%099zu\n", sent / NUMBERED_LENGTH);
        sent += put_bytes(&line, event + begun, NUMBERED_LENGTH - begun);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(mortal.n_acknowledged > 0);
    assert_int_equal(mortal.n_came, NUMBERED);
    connection_deinit(&line.connection);
    close(mortal.listener);
}

static void kept_bytes_have_their_bound(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_STREAM, place->path), peer;
    static char lines[64 * 1024], read_back[64 * 1024];
    struct line line;

    memset(lines, 'x', sizeof(lines));
    for (size_t i = 99; i < sizeof(lines); i += 100)
        lines[i] = '\n';
    start_unix(&line, place->path);
    assert_int_equal(connection_open(&line.connection), 0);
    peer = peer_accept(listener);
    for (int i = 0; i < 100; i++) {
        size_t size = sizeof(lines) / 100 * 100;

        assert_int_equal(put_bytes(&line, lines, size), size);
        for (size_t got = 0; got < size;)
            got += (size_t)recv(peer, read_back, size - got, 0);
        assert_true(line.connection.kept.count <= CONNECTION_UNSENT_MAX);
        assert_int_equal(line.connection.kept.count % 100, 0); /* whole events */
        assert_int_equal(line.connection.n_kept_sent, line.connection.kept.count);
    }
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

static void an_idle_connection_comes_back_by_itself(void **state)
{
    const struct place *place = *state;
    int listener, peer;
    struct line line;

    start_unix(&line, place->path);
    assert_int_equal(tend(&line), CONNECTION_IDLE_RETRY_MS); /* nobody is there */
    assert_int_equal(line.state, SINK_WAITING);
    assert_non_null(strstr(line.connection.why.text, "cannot connect to "));
    listener = peer_unix(SOCK_STREAM, place->path);
    assert_int_equal(tend(&line), -1);
    assert_int_equal(line.state, SINK_ACCEPTED);
    peer = peer_accept(listener);
    let_time_pass(&line);
    close(peer);
    assert_int_equal(tend(&line), -1); /* it left, and was called again at once */
    peer = peer_accept(listener);
    assert_int_equal(counter_get(&line.connection.connects), 2);
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

/* As `socat -u` does. */
static void a_peer_that_only_listens_has_not_left(void **state)
{
    const struct place *place = *state;
    uint16_t port = 0;
    int listeners[2] = {peer_unix(SOCK_STREAM, place->path), peer_inet(SOCK_STREAM, &port)};

    for (int i = 0; i < 2; i++) {
        struct line line;
        int peer;

        if (i == 0)
            start_unix(&line, place->path);
        else
            start_tcp(&line, port);
        put(&line, "one\n");
        peer = peer_accept(listeners[i]);
        assert_int_equal(shutdown(peer, SHUT_WR), 0);
        assert_int_equal(tend(&line), -1);
        assert_true(line.connection.one_way);
        let_time_pass(&line);
        put(&line, "two\n");
        assert_int_equal(tend(&line), -1);
        expect_text(peer, "one\ntwo\n");
        assert_int_equal(counter_get(&line.connection.connects), 1);
        close(peer);
        for (int j = 0; j < 1000 && counter_get(&line.connection.connects) == 1; j++) {
            put(&line, "three\n"); /* of TCP only the answer to that tells */
            usleep(1000);
        }
        peer = peer_accept(listeners[i]);
        assert_int_equal(counter_get(&line.connection.connects), 2);
        connection_deinit(&line.connection);
        close(peer);
        close(listeners[i]);
    }
}

/* Later than at the beginning it is one that goes. */
static void a_tcp_peer_that_ends_its_direction_has_left(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct line line;

    (void)state;
    start_tcp(&line, port);
    put(&line, "one\n");
    peer = peer_accept(listener);
    expect_text(peer, "one\n");
    let_time_pass(&line);
    close(peer);
    assert_int_equal(tend(&line), -1);
    peer = peer_accept(listener);
    expect_text(peer, "one\n"); /* nobody knows that it was read */
    assert_int_equal(counter_get(&line.connection.connects), 2);
    connection_deinit(&line.connection);
    close(peer);
    close(listener);
}

static void a_peer_that_hangs_up_at_once_is_not_called_without_a_pause(void **state)
{
    const struct place *place = *state;
    int listener = peer_unix(SOCK_STREAM, place->path);
    struct line line;
    int pause;

    start_unix(&line, place->path);
    assert_int_equal(tend(&line), -1);
    close(peer_accept(listener));
    pause = tend(&line);
    assert_true(pause > 0 && pause <= CONNECTION_IDLE_RETRY_MS + 1);
    assert_int_equal(line.state, SINK_WAITING);
    assert_string_equal(line.connection.why.text, "the peer closed the connection");
    let_time_pass(&line);
    assert_int_equal(tend(&line), -1);
    assert_int_equal(line.state, SINK_ACCEPTED);
    connection_deinit(&line.connection);
    close(listener);
}

/* Unread, it would make the kernel throw away what the peer has not read yet. */
static void what_the_peer_says_does_no_harm(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct line line;

    (void)state;
    start_tcp(&line, port);
    assert_int_equal(connection_open(&line.connection), 0);
    peer = peer_accept(listener);
    assert_int_equal(send(peer, "hello\n", 6, 0), 6);
    put(&line, "one\n");
    assert_int_equal(send(peer, "hello\n", 6, 0), 6);
    connection_deinit(&line.connection);
    expect_text(peer, "one\n");
    assert_int_equal(recv(peer, (char[1]){0}, 1, 0), 0); /* and not ECONNRESET */
    close(peer);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(connects_when_there_is_something_to_send),
        IN_PLACE(what_was_not_read_comes_again_from_the_beginning_of_an_event),
        cmocka_unit_test(tcp_keeps_more_than_what_the_other_kernel_acknowledged),
        cmocka_unit_test(what_both_kernels_held_comes_again),
        IN_PLACE(kept_bytes_have_their_bound),
        IN_PLACE(an_idle_connection_comes_back_by_itself),
        IN_PLACE(a_peer_that_only_listens_has_not_left),
        cmocka_unit_test(a_tcp_peer_that_ends_its_direction_has_left),
        IN_PLACE(a_peer_that_hangs_up_at_once_is_not_called_without_a_pause),
        cmocka_unit_test(what_the_peer_says_does_no_harm),
    };

    return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
