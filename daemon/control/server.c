// SPDX-License-Identifier: Apache-2.0

/* evhttp limits the size of a request, but neither how many connections there are nor how long one
 * may take: its time-out starts again with every byte. It asks us for the bufferevent of each
 * connection, though, and becomes that bufferevent's callback argument; so right after the accept,
 * before any byte of the connection is looked at, the connection itself can be had from there, and
 * asked to tell when it is freed:
 *
 *     accept ─▶ on_connection(): counts, makes the bufferevent
 *            ─▶ on_adopt(): deadline set, close callback set        the same round of the loop
 *            ─▶ evhttp reads, we answer, or the deadline passes
 *            ─▶ on_close(): counts
 *
 * At the deadline, or when there are too many, the socket is shut down; evhttp then sees the end of
 * the connection and frees it in its own way. Nothing else is safe from outside: evhttp owns the
 * connection. (A filter bufferevent was tried: it does not flush what evhttp wrote while writing
 * was off, and evhttp frees it with bytes in its lower half.) */

#include "control/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control/socket_path.h"

LIST_HEAD(visits, visit);
LIST_HEAD(listeners, listener);

/* evhttp makes itself the argument of its listener's callbacks; this leads from there to ours. */
static struct listeners listening = LIST_HEAD_INITIALIZER(listening);
static struct log_limit accept_limit = {.lines = 1, .seconds = 10};
static struct log_limit library_limit = {.lines = 5, .seconds = 10};

struct listener {
    struct server *server;
    struct visits visits;           /* from the accept on; few, so that a list will do */
    struct evhttp *http;            /* NULL: not listening */
    struct evconnlistener *sockets; /* http's */
    struct event *resume;           /* pending: paused, for want of descriptors or memory */
    uint32_t round;                 /* accepted since somebody else last had a turn */
    uint32_t busy[2];               /* connections that count: of readers, of owners */
    LIST_ENTRY(listener) others;
    enum server_kind kind;
    struct server_counts counts;
};

struct server {
    struct event_base *base;
    server_answer answer;
    void *data;
    struct listener listeners[SERVER_KINDS];
    struct socket_path path; /* of the unix socket */
};

/* One connection. */
struct visit {
    LIST_ENTRY(visit) others;
    struct listener *listener;
    struct evhttp_connection *connection; /* NULL: not adopted yet */
    struct bufferevent *bev; /* evhttp's; a reference until it is adopted, then for its fd */
    struct event *adopt;
    struct event *deadline;
    bool owner;
    bool counts; /* in the listener's busy */
    bool crowded;
    bool expired;
    bool written; /* somebody answered: we, or evhttp by itself */
    int code;     /* of our answer to a whole request; 0: none came */
};

/* ---- connections ----------------------------------------------------------------------------- */

static void visit_free(struct visit *visit)
{
    if (visit->adopt)
        event_free(visit->adopt);
    if (visit->deadline)
        event_free(visit->deadline);
    free(visit);
}

static void on_deadline(evutil_socket_t fd, short what, void *data)
{
    struct visit *visit = data;

    (void)fd;
    (void)what;
    visit->expired = !visit->crowded;
    shutdown(bufferevent_getfd(visit->bev), SHUT_RDWR);
}

static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *data)
{
    struct visit *visit = data;

    (void)output;
    visit->written |= info->n_added > 0;
}

/* Each connection has one end, and it is decided here only. */
static void count_end(const struct visit *visit)
{
    struct server_counts *counts = &visit->listener->counts;

    counts->open--;
    if (visit->counts)
        visit->listener->busy[visit->owner]--;
    if (visit->crowded)
        counts->crowded++;
    else if (visit->expired)
        counts->expired++;
    else if (visit->code)
        (*(visit->code / 100 == 4 ? &counts->refused : &counts->answered))++;
    else if (visit->written)
        counts->malformed++;
    else
        counts->left++;
}

static void on_close(struct evhttp_connection *connection, void *data)
{
    struct visit *visit = data;

    (void)connection;
    evbuffer_remove_cb(bufferevent_get_output(visit->bev), on_output, visit);
    LIST_REMOVE(visit, others);
    count_end(visit);
    visit_free(visit);
}

/* Before that its socket was not known. */
static void find_place(struct visit *visit)
{
    struct listener *listener = visit->listener;

    visit->owner = server_peer_owns(listener->kind, bufferevent_getfd(visit->bev));
    visit->crowded = listener->busy[visit->owner] >= SERVER_CONNECTIONS_MAX;
    visit->counts = !visit->crowded;
    listener->busy[visit->owner] += visit->counts;
}

static void on_adopt(evutil_socket_t fd, short what, void *data)
{
    struct visit *visit = data;
    struct bufferevent *bev = visit->bev;
    void *connection = NULL; /* what the callbacks' argument is */

    (void)fd;
    (void)what;
    bufferevent_getcb(bev, NULL, NULL, NULL, &connection);
    if (connection) {
        struct timeval seconds = {.tv_sec = SERVER_SECONDS_MAX};

        find_place(visit);
        if (visit->crowded)
            seconds.tv_sec = 0;
        visit->connection = connection;
        evhttp_connection_set_closecb(connection, on_close, visit);
        evbuffer_add_cb(bufferevent_get_output(bev), on_output, visit);
        event_add(visit->deadline, &seconds);
    } else { /* evhttp has given it up already */
        LIST_REMOVE(visit, others);
        count_end(visit);
        visit_free(visit);
    }
    bufferevent_decref(bev);
}

/* libevent accepts as long as connections come, and a client that only connects and closes is
 * faster than this thread. */
static void count_round(struct listener *listener)
{
    if (++listener->round < SERVER_ROUND_MAX)
        return;
    listener->round = 0;
    evconnlistener_disable(listener->sockets);
    event_active(listener->resume, EV_TIMEOUT, 0);
}

/* evhttp asks for a connection's bufferevent before it has its socket. NULL lets it take one of its
 * own, without our limits, so that happens only when memory is out. */
static struct bufferevent *on_connection(struct event_base *base, void *data)
{
    struct listener *listener = data;
    struct visit *visit = calloc(1, sizeof(*visit));

    if (!visit)
        return NULL;
    visit->listener = listener;
    visit->deadline = event_new(base, -1, 0, on_deadline, visit);
    visit->adopt = event_new(base, -1, 0, on_adopt, visit);
    visit->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!visit->deadline || !visit->adopt || !visit->bev) {
        if (visit->bev)
            bufferevent_free(visit->bev);
        visit_free(visit);
        return NULL;
    }
    listener->counts.accepted++;
    listener->counts.open++;
    count_round(listener);
    LIST_INSERT_HEAD(&listener->visits, visit, others);
    bufferevent_incref(visit->bev);
    event_active(visit->adopt, EV_TIMEOUT, 0);
    return visit->bev;
}

static void note_answer(struct listener *listener, const struct evhttp_connection *connection,
                        int code)
{
    struct visit *visit;

    LIST_FOREACH(visit, &listener->visits, others)
    {
        if (visit->connection == connection)
            visit->code = code;
    }
}

/* The answer is sent by the loop, later: the request and its connection are still there then. */
static void on_request(struct evhttp_request *request, void *data)
{
    struct listener *listener = data;
    struct server *server = listener->server;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));

    evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
    server->answer(server->data, request, listener->kind, fd);
    note_answer(listener, connection, evhttp_request_get_response_code(request));
}

/* ---- no descriptors left --------------------------------------------------------------------- */

static void on_resume(evutil_socket_t fd, short what, void *data)
{
    struct listener *listener = data;

    (void)fd;
    (void)what;
    evconnlistener_enable(listener->sockets);
}

/* The connection that could not be accepted stays in the backlog and keeps the socket readable:
 * without a pause the loop would spin until a descriptor is free. */
static void on_accept_error(struct evconnlistener *sockets, void *data)
{
    const struct timeval pause = {.tv_usec = SERVER_PAUSE_MS * 1000};
    int code = EVUTIL_SOCKET_ERROR();
    struct listener *listener;

    LIST_FOREACH(listener, &listening, others)
    {
        if (listener->http != data)
            continue;
        listener->counts.paused++;
        evconnlistener_disable(sockets);
        event_add(listener->resume, &pause);
        log_write_limited(
            &accept_limit, LOG_LEVEL_WARNING, "listener", server_kind_name(listener->kind),
            "cannot accept connections: %s; retrying every %d ms", strerror(code), SERVER_PAUSE_MS);
    }
}

/* Otherwise libevent writes to stderr, without a limit. */
static void on_library_line(int severity, const char *text)
{
    enum log_level level = severity == EVENT_LOG_ERR    ? LOG_LEVEL_ERROR
                           : severity == EVENT_LOG_WARN ? LOG_LEVEL_WARNING
                                                        : LOG_LEVEL_DEBUG;

    if (level <= log_get_level())
        log_write_limited(&library_limit, level, "library", "libevent", "%s", text);
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* Takes the fd, also on failure. */
static int serve(struct server *server, enum server_kind kind, int fd)
{
    struct listener *listener = &server->listeners[kind];
    struct evconnlistener *sockets = NULL;

    listener->http = evhttp_new(server->base);
    listener->resume = event_new(server->base, -1, 0, on_resume, listener);
    if (listener->http && listener->resume)
        sockets =
            evconnlistener_new(server->base, NULL, NULL,
                               LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, SERVER_BACKLOG, fd);
    if (!sockets) {
        close(fd);
        return -ENOMEM;
    }
    evhttp_set_max_headers_size(listener->http, SERVER_HEADER_MAX);
    evhttp_set_max_body_size(listener->http, SERVER_BODY_MAX);
    evhttp_set_timeout(listener->http, SERVER_SECONDS_MAX + 1); /* ours comes first, and counts */
    evhttp_set_allowed_methods(listener->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                                   EVHTTP_REQ_POST | EVHTTP_REQ_DELETE);
    evhttp_set_default_content_type(listener->http, NULL);
    evhttp_set_bevcb(listener->http, on_connection, listener);
    evhttp_set_gencb(listener->http, on_request, listener);
    if (!evhttp_bind_listener(listener->http, sockets)) {
        evconnlistener_free(sockets);
        return -ENOMEM;
    }
    listener->sockets = sockets;
    LIST_INSERT_HEAD(&listening, listener, others);
    evconnlistener_set_error_cb(sockets, on_accept_error);
    return 0;
}

/* evhttp's end closes those that are adopted; what is left was accepted in the loop's last round.
 */
static void stop_serving(struct listener *listener)
{
    struct visit *visit;

    if (listener->sockets)
        LIST_REMOVE(listener, others);
    if (listener->resume)
        event_free(listener->resume);
    if (listener->http)
        evhttp_free(listener->http);
    while ((visit = LIST_FIRST(&listener->visits))) {
        LIST_REMOVE(visit, others);
        bufferevent_decref(visit->bev);
        visit_free(visit);
    }
}

int server_listen_unix(struct server *server, const char *path, struct error *error)
{
    int fd, result;

    result = socket_path_take(&server->path, path, error, &fd);
    if (result < 0)
        return result;
    result = serve(server, SERVER_UNIX, fd);
    if (result < 0) {
        socket_path_leave(&server->path);
        return error_set(error, result, "cannot serve %s: %s", path, strerror(-result));
    }
    return 0;
}

int server_listen_tcp(struct server *server, const char *text, struct error *error)
{
    struct sockaddr_storage address;
    int length = sizeof(address), on = 1, result;
    _cleanup_(cleanup_close) int fd = -1;

    if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length) < 0)
        return error_set(error, -EINVAL, "%s is not an address with a port", text);
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&address, (socklen_t)length) < 0)
        return error_set(error, -errno, "cannot listen on %s: %m", text);
    result = serve(server, SERVER_TCP, TAKE_FD(fd));
    if (result < 0)
        return error_set(error, result, "cannot listen on %s: %s", text, strerror(-result));
    return 0;
}

static int option(int fd, int name)
{
    socklen_t size = sizeof(int);
    int value = -1;

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

int server_listen_passed(struct server *server, enum server_kind kind, int fd, struct error *error)
{
    _cleanup_(cleanup_close) int own = fd;
    bool is_unix = option(fd, SO_DOMAIN) == AF_UNIX;
    int result;

    if (option(fd, SO_TYPE) != SOCK_STREAM || option(fd, SO_ACCEPTCONN) != 1 ||
        is_unix != (kind == SERVER_UNIX))
        return error_set(error, -EINVAL,
                         "the descriptor %s from the service manager is not a listening %s socket",
                         kind == SERVER_UNIX ? "control" : "metrics", server_kind_name(kind));
    if (evutil_make_socket_nonblocking(fd) < 0)
        return error_set(error, -errno, "cannot listen on a passed socket: %m");
    result = serve(server, kind, TAKE_FD(own));
    if (result < 0)
        return error_set(error, result, "cannot listen on a passed socket: %s", strerror(-result));
    return 0;
}

int server_listen_again(struct server *server, const char *path, int fd, struct error *error)
{
    int result = socket_path_adopt(&server->path, path, error);

    if (result < 0) {
        close(fd);
        return result;
    }
    return server_listen_passed(server, SERVER_UNIX, fd, error);
}

int server_fd(const struct server *server, enum server_kind kind)
{
    return server->listeners[kind].sockets ? evconnlistener_get_fd(server->listeners[kind].sockets)
                                           : -1;
}

void server_hand_on(struct server *server)
{
    socket_path_hand_on(&server->path);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct server *server_new(struct event_base *base, server_answer answer, void *data)
{
    struct server *server = calloc(1, sizeof(*server));

    if (!server)
        return NULL;
    event_set_log_callback(on_library_line);
    server->base = base;
    server->answer = answer;
    server->data = data;
    server->path = SOCKET_PATH_NONE;
    for (int kind = 0; kind < SERVER_KINDS; kind++) {
        server->listeners[kind].server = server;
        server->listeners[kind].kind = (enum server_kind)kind;
    }
    return server;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    socket_path_leave(&server->path);
    for (int kind = 0; kind < SERVER_KINDS; kind++)
        stop_serving(&server->listeners[kind]);
    free(server);
}

bool server_peer_owns(enum server_kind kind, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return kind == SERVER_UNIX && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

const struct server_counts *server_counts(const struct server *server, enum server_kind kind)
{
    return &server->listeners[kind].counts;
}

const char *server_kind_name(enum server_kind kind)
{
    return kind == SERVER_UNIX ? "unix" : "tcp";
}
