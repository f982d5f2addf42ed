// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the tests of socket sinks share: configs by the sink's own table, a folder that vanishes,
 * and peers on unix sockets and on loopback. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/load.h"
#include "config/tree.h"
#include "unit/sink/outcome.h"

struct place {
    char folder[64];
    char path[96]; /* of a socket in it */
};

static inline int place_set_up(void **state)
{
    static struct place place;

    strcpy(place.folder, "/tmp/ringmill-sink-XXXXXX");
    *state = &place;
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(place.path, sizeof(place.path), "%s/socket", place.folder);
    return 0;
}

static inline int place_tear_down(void **state)
{
    const struct place *place = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", place->folder);
    return system(command);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

/* text: a YAML map. 0 and a sink, or what open() said, and its sentence. */
static inline int try_open(const struct sink_ops *ops, const char *text, enum framing framing,
                           struct error *error, struct sink **ret)
{
    const struct sink_options options = {.name = "out", .framing = framing};
    uint64_t bytes[16] = {0};
    struct config_tree *tree;
    const char *key = NULL;
    struct diag diag;
    int result;

    assert_true(ops->config_size <= sizeof(bytes));
    diag_init(&diag);
    assert_int_equal(config_load_text("t.yaml", text, strlen(text), &diag, &tree), 0);
    if (ops->settings)
        assert_int_equal(setting_bind(ops->settings, tree->root, bytes, &diag), 0);
    result = ops->check ? ops->check(bytes, framing, error, &key) : 0;
    if (result == 0)
        result = ops->open(bytes, &options, error, ret);
    diag_deinit(&diag);
    config_tree_free(tree);
    return result;
}

static inline struct sink *open_sink(const struct sink_ops *ops, enum framing framing,
                                     const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline struct sink *open_sink(const struct sink_ops *ops, enum framing framing,
                                     const char *format, ...)
{
    struct sink *sink = NULL;
    struct error error = {0};
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (try_open(ops, text, framing, &error, &sink) != 0)
        fail_msg("%s", error.text);
    assert_ptr_equal(sink->ops, ops);
    return sink;
}

static inline void refuse_sink(const struct sink_ops *ops, const char *text, enum framing framing,
                               const char *sentence)
{
    struct sink *sink = NULL;
    struct error error = {0};

    assert_true(try_open(ops, text, framing, &error, &sink) < 0);
    assert_null(sink);
    assert_string_equal(error.text, sentence);
}

/* ---- peers ----------------------------------------------------------------------------------- */

static inline int peer_unix(int type, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    strcpy(address.sun_path, path);
    unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    if (type != SOCK_DGRAM)
        assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* On 127.0.0.1; port 0: any, then that is *port. */
static inline int peer_inet(int type, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t length = sizeof(address);
    const int on = 1;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

static inline int peer_accept(int listener)
{
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    int fd;

    assert_int_equal(poll(&ready, 1, 300000), 1);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* One message, or, of a stream, just as many bytes as expected; NULL: end of the stream. */
static inline void expect_bytes(int fd, const char *expected, size_t size)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int type = 0;
    socklen_t length = sizeof(type);
    char *bytes = malloc(size + 2);
    size_t got = 0;

    assert_non_null(bytes);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    do {
        ssize_t more;

        if (poll(&ready, 1, 300000) != 1)
            fail_msg("%zu of %zu bytes came", got, size);
        more = recv(fd, bytes + got, type == SOCK_STREAM ? size - got : size + 1, 0);
        assert_true(more > 0);
        got += (size_t)more;
    } while (type == SOCK_STREAM && got < size);
    assert_int_equal(got, size);
    assert_memory_equal(bytes, expected, size);
    free(bytes);
}

static inline void expect_text(int fd, const char *expected)
{
    expect_bytes(fd, expected, strlen(expected));
}

static inline void expect_nothing_more(int fd)
{
    char byte;

    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static inline void put_text(struct sink *sink, const char *text)
{
    assert_int_equal(write_to(sink, text, strlen(text)), strlen(text));
}

struct row_search {
    const char *name;
    uint64_t value;
};

static inline void find_row(void *data, const struct row *row, uint64_t value)
{
    struct row_search *search = data;

    if (strcmp(row->name, search->name) == 0)
        search->value = value;
}

static inline uint64_t row_of(const struct sink *sink, const char *name)
{
    struct row_search search = {name, UINT64_MAX};

    sink->ops->rows(sink, find_row, &search);
    assert_int_not_equal(search.value, UINT64_MAX);
    return search.value;
}

/* For a group of tests: a peer that has gone is an error, and no signal. */
static inline int ignore_sigpipe(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return 0;
}
