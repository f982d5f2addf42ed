// SPDX-License-Identifier: Apache-2.0
#include "sink/endpoint.h"

#include <fcntl.h>

#include "unit/sink/peer.h"

static void refuses_what_is_no_address(void **state)
{
    static const char *const wrong[] = {
        "",      "host", ":514",    "host:",    "host:0", "host:65536", "h:+1",        "h:12x",
        "[::1]", "[]:1", "::1:514", "[::1:514", "h:-1",   "h: 514",     "host:syslog", "[::1]514",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct endpoint endpoint;
        struct error error = {0};
        char expected[256];

        snprintf(expected, sizeof(expected),
                 "\"%s\" is not a valid address: write host:port, as in logs.example:514, "
                 "10.0.0.1:514 or [fe80::1]:514",
                 wrong[i]);
        assert_int_equal(endpoint_inet(&endpoint, SOCK_STREAM, wrong[i], &error), -EINVAL);
        assert_string_equal(error.text, expected);
    }
}

static void takes_an_address_apart(void **state)
{
    struct endpoint endpoint;
    struct error error;

    (void)state;
    assert_int_equal(endpoint_inet(&endpoint, SOCK_STREAM, "logs.example:514", &error), 0);
    assert_string_equal(endpoint.host, "logs.example");
    assert_string_equal(endpoint.port, "514");
    endpoint_deinit(&endpoint);
    assert_int_equal(endpoint_inet(&endpoint, SOCK_DGRAM, "[fe80::1]:65535", &error), 0);
    assert_string_equal(endpoint.host, "fe80::1");
    assert_string_equal(endpoint.port, "65535");
    endpoint_deinit(&endpoint);
    endpoint_deinit(&endpoint);
}

static void a_path_has_its_bound(void **state)
{
    struct endpoint endpoint;
    struct error error;
    char path[256];

    (void)state;
    memset(path, 'p', sizeof(path));
    path[0] = '/';
    path[108] = '\0';
    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, path, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "is too long: it has 108 bytes, allowed are 107"));
    path[107] = '\0';
    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, path, &error), 0);
    endpoint_deinit(&endpoint);
    assert_int_equal(endpoint_check_unix("run/x", &error), -EINVAL);
    assert_string_equal(error.text, "\"run/x\" is not a valid socket path: write an absolute path, "
                                    "or @name for an abstract socket");
    assert_int_equal(endpoint_check_unix("@", &error), -EINVAL);
    assert_string_equal(error.text, "\"@\" is not a valid socket path: the name is missing");
}

static void connects_by_path_and_by_abstract_name(void **state)
{
    const struct place *place = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int named = peer_unix(SOCK_STREAM, place->path), abstract, fd;
    struct endpoint endpoint;
    struct error error;
    char name[64];

    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, place->path, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(peer_accept(named));
    close(fd);
    close(named);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), -ECONNREFUSED);
    endpoint_deinit(&endpoint);

    snprintf(name, sizeof(name), "@ringmill-test-%d", (int)getpid());
    strcpy(address.sun_path, name);
    address.sun_path[0] = '\0';
    abstract = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(abstract, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    assert_int_equal(listen(abstract, 1), 0);
    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, name, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), 0);
    close(fd);
    close(abstract);
    endpoint_deinit(&endpoint);
}

static void says_whom_it_cannot_reach(void **state)
{
    const struct place *place = *state;
    struct endpoint endpoint;
    struct error error = {0};
    uint16_t port = 0;
    char address[64], expected[256];
    int fd, named, listener = peer_inet(SOCK_STREAM, &port);

    assert_int_equal(endpoint_unix(&endpoint, SOCK_DGRAM, place->path, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), -ENOENT);
    snprintf(expected, sizeof(expected), "cannot connect to %s: No such file or directory",
             place->path);
    assert_string_equal(error.text, expected);
    endpoint_deinit(&endpoint);

    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, place->folder, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), -ECONNREFUSED);
    snprintf(expected, sizeof(expected), "cannot connect to %s: it is not a socket", place->folder);
    assert_string_equal(error.text, expected);
    endpoint_deinit(&endpoint);

    named = peer_unix(SOCK_DGRAM, place->path);
    assert_int_equal(endpoint_unix(&endpoint, SOCK_STREAM, place->path, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), -EPROTOTYPE);
    snprintf(expected, sizeof(expected),
             "cannot connect to %s: the socket is of another type (stream, datagram or seqpacket)",
             place->path);
    assert_string_equal(error.text, expected);
    endpoint_deinit(&endpoint);
    close(named);

    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    assert_int_equal(endpoint_inet(&endpoint, SOCK_STREAM, address, &error), 0);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), 0);
    close(fd);
    close(listener);
    assert_int_equal(endpoint_connect(&endpoint, &error, &fd), -ECONNREFUSED);
    snprintf(expected, sizeof(expected), "cannot connect to 127.0.0.1 port %u: Connection refused",
             port);
    assert_string_equal(error.text, expected);
    endpoint_deinit(&endpoint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(takes_an_address_apart),
        cmocka_unit_test(a_path_has_its_bound),
        IN_PLACE(connects_by_path_and_by_abstract_name),
        IN_PLACE(says_whom_it_cannot_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
