// SPDX-License-Identifier: Apache-2.0

/* The server in a loop of its own, with clients that the test holds. */

#include "control/server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[32];
    char path[64];
    struct event_base *base;
    struct server *server;
};

static void answer(void *data, struct evhttp_request *request, enum server_kind kind, int fd)
{
    (void)data;
    (void)kind;
    (void)fd;
    evhttp_send_reply(request, strcmp(evhttp_request_get_uri(request), "/") ? 404 : 200, "", NULL);
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct error error = {0};

    strcpy(fixture.folder, "/tmp/ringmill-server.XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    snprintf(fixture.path, sizeof(fixture.path), "%s/socket", fixture.folder);
    fixture.base = event_base_new();
    fixture.server = server_new(fixture.base, answer, NULL);
    assert_int_equal(server_listen_unix(fixture.server, fixture.path, &error), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    server_free(fixture->server);
    event_base_free(fixture->base);
    assert_int_equal(rmdir(fixture->folder), 0);
    return 0;
}

static int connect_client(const struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, fixture->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void on_break(evutil_socket_t fd, short what, void *data)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(data);
}

/* Timers come after sockets within a round, so that the loop ends between accept and adoption. */
static void test_stop_right_after_the_accept(void **state)
{
    struct fixture *fixture = *state;
    const struct server_counts *counts = server_counts(fixture->server, SERVER_UNIX);
    const struct timeval soon = {.tv_usec = 1}; /* 0 would come before the sockets */
    int fd = connect_client(fixture);

    event_base_once(fixture->base, -1, EV_TIMEOUT, on_break, fixture->base, &soon);
    usleep(1000);
    event_base_dispatch(fixture->base);
    assert_int_equal(counts->accepted, 1);
    assert_int_equal(counts->open, 1);
    close(fd);
} /* what is left is the teardown's, and the leak checker's */

static void visit(struct fixture *fixture, const char *text)
{
    const struct server_counts *counts = server_counts(fixture->server, SERVER_UNIX);
    uint64_t accepted = counts->accepted;
    int fd = connect_client(fixture);

    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
    shutdown(fd, SHUT_WR);
    while (counts->accepted == accepted || counts->open > 0)
        event_base_loop(fixture->base, EVLOOP_ONCE);
    close(fd);
}

static void test_each_connection_has_one_end(void **state)
{
    struct fixture *fixture = *state;
    const struct server_counts *counts = server_counts(fixture->server, SERVER_UNIX);

    visit(fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(counts->answered, 1);
    visit(fixture, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(counts->refused, 1);
    visit(fixture, "nonsense\r\n\r\n");
    assert_int_equal(counts->malformed, 1);
    visit(fixture, "");
    visit(fixture, "GET / HT");
    assert_int_equal(counts->left, 2);
    assert_int_equal(counts->accepted, counts->answered + counts->refused + counts->malformed +
                                           counts->left + counts->crowded + counts->expired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stop_right_after_the_accept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_connection_has_one_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
