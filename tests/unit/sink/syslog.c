// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <regex.h>

#include "sink/sink_kinds.h"
#include "unit/sink/peer.h"

enum { MESSAGE_MAX = 4096 };

/* RFC 5424, with the event behind it. */
static void expect_message(const char *message, const char *priority, const char *app,
                           const char *event)
{
    char host[65] = "", pattern[512];
    regex_t compiled;

    gethostname(host, sizeof(host) - 1);
    snprintf(pattern, sizeof(pattern),
             "^<%s>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z %s %s %d - "
             "- %s$",
             priority, host, app, (int)getpid(), event);
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&compiled, message, 0, NULL, 0) != 0)
        fail_msg("%s is not like %s", message, pattern);
    regfree(&compiled);
}

static const char *receive(int fd)
{
    static char message[MESSAGE_MAX];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t length;

    assert_int_equal(poll(&ready, 1, 300000), 1);
    length = recv(fd, message, sizeof(message) - 1, 0);
    assert_true(length > 0);
    message[length] = '\0';
    return message;
}

/* One message with its count before it (RFC 6587, 3.4.1). */
static const char *receive_counted(int fd)
{
    static char message[MESSAGE_MAX];
    size_t length = 0, got = 0;
    char digit;

    while (recv(fd, &digit, 1, 0) == 1 && digit != ' ')
        length = length * 10 + (size_t)(digit - '0');
    assert_true(length > 0 && length < sizeof(message));
    while (got < length) {
        ssize_t more = recv(fd, message + got, length - got, 0);

        assert_true(more > 0);
        got += (size_t)more;
    }
    message[length] = '\0';
    return message;
}

static void over_unix_and_udp_each_event_is_a_datagram(void **state)
{
    const struct place *place = *state;
    uint16_t port = 0;
    int peer = peer_unix(SOCK_DGRAM, place->path);
    struct sink *sink = open_sink(&sink_syslog, FRAMING_LINES, "{path: %s}", place->path);

    put_text(sink, "one\ntwo\n");
    expect_message(receive(peer), "30", "ringmill", "one"); /* daemon, info */
    expect_message(receive(peer), "30", "ringmill", "two");
    sink_syslog.close(sink);
    close(peer);

    peer = peer_inet(SOCK_DGRAM, &port);
    sink = open_sink(&sink_syslog, FRAMING_LINES,
                     "{transport: udp, address: '127.0.0.1:%u', facility: local7, severity: debug, "
                     "app: mill}",
                     port);
    put_text(sink, "one\n");
    expect_message(receive(peer), "191", "mill", "one");
    assert_int_equal(row_of(sink, "sent"), 1);
    sink_syslog.close(sink);
    close(peer);
}

static void over_tcp_each_event_has_its_count(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct sink *sink = open_sink(&sink_syslog, FRAMING_LINES,
                                  "{transport: tcp, address: '127.0.0.1:%u', facility: kern, "
                                  "severity: emerg}",
                                  port);

    (void)state;
    put_text(sink, "one\ntwo\n");
    put_text(sink, "three\n");
    peer = peer_accept(listener);
    expect_message(receive_counted(peer), "0", "ringmill", "one");
    expect_message(receive_counted(peer), "0", "ringmill", "two");
    expect_message(receive_counted(peer), "0", "ringmill", "three");
    expect_nothing_more(peer);
    sink_syslog.close(sink);
    close(peer);
    close(listener);
}

/* The head makes short events much longer: not all of them go with one call. */
static void a_chunk_of_short_events_goes_in_pieces(void **state)
{
    enum { EVENTS = 64 * 1024 };
    static char bytes[2 * EVENTS];
    const struct place *place = *state;
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer, calls = 0;
    struct sink *sink =
        open_sink(&sink_syslog, FRAMING_LINES, "{transport: tcp, address: '127.0.0.1:%u'}", port);
    char command[256];
    FILE *counter;
    unsigned count = 0;
    size_t sent = 0;

    for (int i = 0; i < EVENTS; i++)
        memcpy(bytes + 2 * i, "x\n", 2);
    assert_int_equal(tend_to(sink), -1);
    peer = peer_accept(listener);
    /* another process reads, so that the socket's buffers do not bound what can be sent */
    snprintf(command, sizeof(command), "tr -cd x <&%d | wc -c > %s/count", peer, place->folder);
    fcntl(peer, F_SETFD, 0);
    counter = popen(command, "r");
    assert_non_null(counter);
    close(peer);
    for (; sent < sizeof(bytes); calls++) {
        ssize_t more = write_to(sink, bytes + sent, sizeof(bytes) - sent);

        assert_true(more > 0 && more % 2 == 0);
        sent += (size_t)more;
    }
    assert_true(calls > 1);
    sink_syslog.close(sink);
    assert_int_equal(pclose(counter), 0);
    snprintf(command, sizeof(command), "%s/count", place->folder);
    counter = fopen(command, "r");
    assert_int_equal(fscanf(counter, "%u", &count), 1);
    fclose(counter);
    gethostname(command, sizeof(command)); /* it may have an x itself */
    if (!strchr(command, 'x'))
        assert_int_equal(count, EVENTS);
    close(listener);
}

static void a_new_connection_begins_with_a_whole_message(void **state)
{
    uint16_t port = 0;
    int listener = peer_inet(SOCK_STREAM, &port), peer;
    struct sink *sink =
        open_sink(&sink_syslog, FRAMING_LINES, "{transport: tcp, address: '127.0.0.1:%u'}", port);

    (void)state;
    put_text(sink, "one\n");
    peer = peer_accept(listener);
    assert_true(recv(peer, (char[8]){0}, 8, 0) > 0); /* and no more */
    close(peer);
    for (int i = 0; i < 1000 && row_of(sink, "connects") == 1; i++) {
        put_text(sink, "two\n");
        usleep(1000);
    }
    peer = peer_accept(listener);
    expect_message(receive_counted(peer), "30", "ringmill", "one");
    expect_message(receive_counted(peer), "30", "ringmill", "two");
    sink_syslog.close(sink);
    close(peer);
    close(listener);
}

static void refuses_what_makes_no_message(void **state)
{
    (void)state;
    refuse_sink(&sink_syslog, "{}", FRAMING_PREFIXED,
                "syslog carries only text; choose a text format, as in format: json");
    refuse_sink(&sink_syslog, "{transport: udp}", FRAMING_LINES,
                "transport: udp and tcp need address, as in address: \"logs.example:514\"");
    refuse_sink(&sink_syslog, "{address: 'logs:514'}", FRAMING_LINES,
                "address is only for transport: udp and tcp; with unix use path");
    refuse_sink(&sink_syslog, "{transport: tcp, address: 'logs:514', path: /dev/other}",
                FRAMING_LINES,
                "path is only for transport: unix; with udp and tcp use address: HOST:PORT");
    refuse_sink(
        &sink_syslog, "{app: my mill}", FRAMING_LINES,
        "\"my mill\" is not a valid APP-NAME: use printable ASCII characters without spaces");
    sink_syslog.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(over_unix_and_udp_each_event_is_a_datagram),
        cmocka_unit_test(over_tcp_each_event_has_its_count),
        IN_PLACE(a_chunk_of_short_events_goes_in_pieces),
        cmocka_unit_test(a_new_connection_begins_with_a_whole_message),
        cmocka_unit_test(refuses_what_makes_no_message),
    };

    return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
