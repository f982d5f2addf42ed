// SPDX-License-Identifier: Apache-2.0

/* The main thread never touches a record. It sleeps in libevent, looks around once a second, and
 * everything that ends the daemon (a signal, the clock, a reader that went away) only leaves the
 * loop: the stop itself is straight code after the loop. */

#include "control/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/passed_fds.h"
#include "base/signals.h"
#include "base/waker.h"
#include "control/books_report.h"
#include "control/manager.h"
#include "control/notify.h"
#include "control/reload.h"
#include "control/routes.h"
#include "control/server.h"
#include "control/socket_store.h"
#include "control/watch.h"
#include "pipeline/engine.h"

enum { LOOK_SECONDS = 1, EVENTS_MAX = 4 };

struct daemon {
    struct graph *graph;
    struct engine engine;
    struct event_base *base;
    struct event *events[EVENTS_MAX];
    uint32_t n_events;
    struct event *step; /* pending: a reload's next step is due then */
    struct waker bell;  /* rung by other threads: see engine_wants_stop() */
    uint64_t watchdog_limit;
    struct watch watch;
    struct control_options options; /* as the last config has them */
    struct reload reload;
    struct server *server;     /* NULL: none is wanted */
    bool stores[SERVER_KINDS]; /* the socket is our own, and the service manager is to store it */
    struct control_view view;
};

static void ring_bell(void *data)
{
    waker_ring(&((struct daemon *)data)->bell);
}

static void step_reload(struct daemon *daemon)
{
    uint64_t pause = reload_step(&daemon->reload);
    struct timeval after = {.tv_sec = (time_t)(pause / 1000000000),
                            .tv_usec = (suseconds_t)(pause / 1000 % 1000000)};

    if (pause > 0)
        event_add(daemon->step, &after);
}

static void on_step(evutil_socket_t fd, short what, void *data)
{
    (void)fd;
    (void)what;
    step_reload(data);
}

static void on_bell(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    waker_disarm(&daemon->bell);
    waker_arm(&daemon->bell);
    step_reload(daemon);
    if (engine_wants_stop(&daemon->engine))
        event_base_loopbreak(daemon->base);
}

static void on_end(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    event_base_loopbreak(daemon->base);
}

static void on_signal(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    signals_hear();
    if (signals_take_reopen()) {
        log_info("reopening the files of the sinks");
        engine_reopen_sinks(&daemon->engine);
    }
    if (signals_take_reload())
        reload_ask(&daemon->reload);
    if (signals_ends() > 0)
        on_end(fd, what, data);
}

/* ---- once a second --------------------------------------------------------------------------- */

/* "3 lost in all", as far as that is known, and how many runs were skipped, if any. */
static void describe_losses(const struct snapshot *snapshot, char *text, size_t size)
{
    uint64_t lost = snapshot_lost(snapshot), skipped = snapshot_skipped(snapshot);
    uint32_t unknown = snapshot_lost_unknown(snapshot);
    size_t used;

    if (unknown == snapshot->graph->n_sources)
        used = (size_t)snprintf(text, size, "lost unknown");
    else if (unknown > 0)
        used = (size_t)snprintf(text, size,
                                "%" PRIu64 " lost in total, unknown for %" PRIu32 " of the sources",
                                lost, unknown);
    else
        used = (size_t)snprintf(text, size, "%" PRIu64 " lost in total", lost);
    if (skipped > 0 && used < size)
        snprintf(text + used, size - used, ", %" PRIu64 " runs skipped", skipped);
}

/* The reason is reported as STATUS before the watchdog is no longer fed: it is the last word that
 * the service manager has when it kills us. */
static void tell_status(struct daemon *daemon)
{
    const struct watch *watch = &daemon->watch;
    char reason[HEALTH_REASON_MAX + 32], losses[128];
    double records = 0;

    for (uint32_t i = 0; i < daemon->engine.graph->n_sources; i++)
        records += watch->records[i].per_second;
    describe_losses(&watch->snapshot, losses, sizeof(losses));
    if (health_reason(&watch->health, reason, sizeof(reason)))
        notify_status("unhealthy: %s", reason);
    else
        notify_status("%.0f records/s, %s", records, losses);
}

static void on_look(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    watch_look(&daemon->watch);
    tell_status(daemon);
}

static void on_watchdog(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    if (!health_stuck(&daemon->watch.health))
        notify_watchdog();
}

/* ---- the loop -------------------------------------------------------------------------------- */

static int add_event(struct daemon *daemon, int fd, short what, event_callback_fn callback,
                     uint64_t every_ns)
{
    struct timeval every = {.tv_sec = (time_t)(every_ns / 1000000000),
                            .tv_usec = (suseconds_t)(every_ns / 1000 % 1000000)};
    struct event *event = event_new(daemon->base, fd, what | EV_PERSIST, callback, daemon);

    if (!event || event_add(event, every_ns ? &every : NULL) < 0) {
        if (event)
            event_free(event);
        return -ENOMEM;
    }
    daemon->events[daemon->n_events++] = event;
    return 0;
}

/* One-shot, so it is not among those that repeat. */
static int add_end(struct daemon *daemon, uint64_t seconds)
{
    struct timeval after = {.tv_sec = (time_t)seconds};

    return seconds ? event_base_once(daemon->base, -1, EV_TIMEOUT, on_end, daemon, &after) : 0;
}

static int loop_init(struct daemon *daemon)
{
    const uint64_t second = UINT64_C(1000000000);
    int result = waker_init(&daemon->bell);

    if (result < 0)
        return result;
    waker_arm(&daemon->bell);
    daemon->base = event_base_new();
    if (!daemon->base)
        return -ENOMEM;
    daemon->step = event_new(daemon->base, -1, 0, on_step, daemon);
    daemon->watchdog_limit = notify_watchdog_limit();
    if (!daemon->step || add_event(daemon, signals_fd(), EV_READ, on_signal, 0) < 0 ||
        add_event(daemon, daemon->bell.fd, EV_READ, on_bell, 0) < 0 ||
        add_event(daemon, -1, 0, on_look, LOOK_SECONDS * second) < 0 ||
        (daemon->watchdog_limit > 0 &&
         add_event(daemon, -1, 0, on_watchdog, daemon->watchdog_limit / 2) < 0))
        return -ENOMEM;
    return 0;
}

static void loop_deinit(struct daemon *daemon)
{
    for (uint32_t i = 0; i < daemon->n_events; i++)
        event_free(daemon->events[i]);
    if (daemon->step)
        event_free(daemon->step);
    if (daemon->base)
        event_base_free(daemon->base);
    waker_deinit(&daemon->bell);
}

static int listen_unix(struct daemon *daemon, const struct control_options *options,
                       struct error *error)
{
    int passed = passed_fds_take("control"), stored;
    int result;

    if (passed >= 0)
        return server_listen_passed(daemon->server, SERVER_UNIX, passed, error);
    daemon->stores[SERVER_UNIX] = true;
    stored = socket_store_take(SERVER_UNIX, options->socket);
    if (stored >= 0 && server_listen_again(daemon->server, options->socket, stored, error) == 0)
        return 0;
    result = server_listen_unix(daemon->server, options->socket, error);
    if (result == 0 || !options->socket_is_default)
        return result;
    log_warning("%s; continuing without a control socket", error_join(error));
    return 0;
}

static int listen_tcp(struct daemon *daemon, const struct control_options *options,
                      struct error *error)
{
    int passed = passed_fds_take("metrics"), stored;

    if (passed >= 0)
        return server_listen_passed(daemon->server, SERVER_TCP, passed, error);
    daemon->stores[SERVER_TCP] = true;
    stored = socket_store_take(SERVER_TCP, options->listen);
    if (stored >= 0)
        return server_listen_passed(daemon->server, SERVER_TCP, stored, error);
    return options->listen ? server_listen_tcp(daemon->server, options->listen, error) : 0;
}

/* Before the engine starts: the socket's folder and group take privileges. Nothing is answered
 * before the loop runs. A daemon without the default socket runs, but cannot be controlled.
 * Sockets that systemd has opened for us come before those of the config. */
static int listen_for_clients(struct daemon *daemon, const struct control_options *options,
                              struct error *error)
{
    int result;

    if (!options->socket)
        return 0;
    daemon->view =
        (struct control_view){&daemon->watch, NULL, daemon->reload.path ? &daemon->reload : NULL};
    daemon->server = daemon->view.server = server_new(daemon->base, routes_answer, &daemon->view);
    if (!daemon->server)
        return error_set(error, -ENOMEM, "out of memory");
    result = listen_unix(daemon, options, error);
    return result < 0 ? result : listen_tcp(daemon, options, error);
}

/* Descriptors of unknown names are reported and closed: most likely FileDescriptorName= is
 * misspelt. */
static void refuse_passed(void)
{
    const char *name;

    for (uint32_t i = 0; (name = passed_fds_name(i)); i++)
        log_warning(
            "the service manager passed a descriptor with the unknown name \"%s\"; it is closed",
            name);
    passed_fds_deinit();
}

/* False after a message: a source should have given more than it did. */
static bool judge_sources(const struct graph *graph)
{
    struct error error;
    bool good = true;

    for (uint32_t i = 0; i < graph->n_rings; i++) {
        const struct input_ring *ring = graph->rings[i];

        if (source_end_error(ring->input->source, ringmill_ring_position(ring->handle), &error) ==
            0)
            continue;
        log_error("%s", error_join(&error));
        good = false;
    }
    return good;
}

/* Returns how many there are. */
static uint32_t store_sockets(const struct daemon *daemon)
{
    uint32_t count = 0;

    for (int kind = 0; daemon->server && kind < SERVER_KINDS; kind++) {
        int fd = server_fd(daemon->server, (enum server_kind)kind);

        if (fd < 0 || !daemon->stores[kind])
            continue;
        socket_store_put((enum server_kind)kind, fd);
        count++;
    }
    return count;
}

/* systemd closes descriptors that it has no room for, and reports that in its journal only. */
static void check_store(const struct graph *graph, uint32_t sockets)
{
    uint32_t kept = 0, wanted, stored;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        kept += graph->sources[i].source->stored;
    wanted = kept + sockets;
    if (kept == 0)
        return;
    if (manager_stored(&stored) == 0 && stored < wanted)
        log_error("systemd stored only %u of %u descriptors, so a kill would lose the records in "
                  "the rings; set FileDescriptorStoreMax=%u or more in the service",
                  stored, wanted, wanted);
}

static bool keeps(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph->sources[i].source->kept)
            return true;
    return false;
}

/* Leaves them to the next process, if there is one. */
static void hand_on(struct daemon *daemon, enum exit_code code)
{
    uint32_t count;
    bool stored = manager_stored(&count) == 0 && count > 0, kept = keeps(daemon->engine.graph);

    if (!(stored || kept) || (code == EXIT_CODE_OK && !manager_restarts()))
        return;
    if (stored && daemon->server)
        server_hand_on(daemon->server);
    daemon->engine.leave = kept;
    if (daemon->engine.leave)
        log_info("kept programs and rings stay attached after exit");
}

static void reload_init(struct daemon *daemon, const struct daemon_options *options)
{
    daemon->options = options->control;
    daemon->reload = (struct reload){
        .path = options->config,
        .engine = &daemon->engine,
        .watch = &daemon->watch,
        .options = &daemon->options,
        .on_ready = ring_bell,
        .on_ready_data = daemon,
    };
}

/* Another try may end better: something is missing, full or taken. Of files and sockets,
 * permissions can be given; what the kernel does not allow to a program it will not allow later. */
static bool may_pass(int code, bool of_files)
{
    static const int passing[] = {EADDRINUSE, EADDRNOTAVAIL, EAGAIN,  EBUSY,   EDQUOT,    EINTR,
                                  EIO,        EMFILE,        ENFILE,  ENOBUFS, ENODEV,    ENOENT,
                                  ENOMEM,     ENOSPC,        ENOTDIR, ENXIO,   ETIMEDOUT, EROFS};

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (code == -passing[i])
            return true;
    return of_files && (code == -EACCES || code == -EPERM);
}

/* The exit code decides whether the service manager restarts the daemon. If it does not, it also
 * drops the stored descriptors. */
static enum exit_code failed_start(const struct daemon *daemon, int code)
{
    bool of_files = !daemon->engine.graph || daemon->engine.sinks_failed;

    return notify_is_managed() && may_pass(code, of_files) ? EXIT_CODE_FAILED
                                                           : EXIT_CODE_ENVIRONMENT;
}

/* False: they do not balance. */
static bool print_books(const struct graph *graph)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    bool balanced;

    if (!file) {
        log_error("out of memory: the books cannot be printed");
        return false;
    }
    if (isatty(STDERR_FILENO))
        fputc('\r', file); /* over the ^C that it echoed */
    balanced = report_books(graph, file);
    fclose(file);
    if (text)
        log_print(text);
    free(text);
    return balanced;
}

static bool has_failed_records(const struct graph *graph)
{
    bool found = false;

    for (uint32_t i = 0; i < graph->n_chains; i++)
        found |= counter_get(&graph->chains[i]->books.rows[BOOK_FAILED]) > 0;
    return found;
}

static enum exit_code run(struct daemon *daemon, const struct daemon_options *options)
{
    struct error error = {0};
    enum exit_code code = EXIT_CODE_OK;
    int result = listen_for_clients(daemon, &options->control, &error);

    if (result == 0)
        result = engine_start(&daemon->engine, daemon->graph, ring_bell, daemon, &error);
    if (result == 0 && watch_init(&daemon->watch, &daemon->engine, &daemon->options) < 0)
        result = error_set(&error, -ENOMEM, "out of memory");
    if (result < 0) {
        bool asked = result == -ECANCELED;

        if (options->explain && !asked)
            options->explain(&error, options->explain_data);
        else
            log_write(asked ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "%s", error_join(&error));
        engine_stop(&daemon->engine);
        return asked ? EXIT_CODE_OK : failed_start(daemon, result);
    }
    refuse_passed();
    check_store(daemon->graph, store_sockets(daemon));
    notify_ready();
    log_info("running");
    if (add_end(daemon, options->seconds) < 0 || event_base_dispatch(daemon->base) < 0) {
        log_error("the event loop failed");
        code = EXIT_CODE_FAILED;
    }
    reload_deinit(&daemon->reload);
    hand_on(daemon, code);
    notify_stopping();
    server_free(TAKE_PTR(daemon->server));
    engine_stop(&daemon->engine);
    if (!print_books(daemon->engine.graph) || engine_gave_up(&daemon->engine))
        code = EXIT_CODE_FAILED;
    if (options->all_shown && has_failed_records(daemon->engine.graph))
        code = EXIT_CODE_FAILED;
    if (daemon->engine.stuck) /* and its threads may still read */
        code = EXIT_CODE_FAILED;
    else if (!judge_sources(daemon->engine.graph))
        code = EXIT_CODE_FAILED;
    return code;
}

enum exit_code daemon_run(struct graph *graph, const struct daemon_options *options)
{
    struct daemon daemon = {.graph = graph};
    enum exit_code code = EXIT_CODE_ENVIRONMENT;
    int result = signals_catch(!options->config);

    log_start();
    if (result == 0)
        result = loop_init(&daemon);

    reload_init(&daemon, options);
    if (result == 0)
        code = run(&daemon, options);
    else
        log_error("cannot set up the event loop: %s", strerror(-result));
    log_end();
    if (daemon.engine.stuck)
        _exit(EXIT_CODE_FAILED); /* its threads use what would be freed */
    server_free(daemon.server);
    watch_deinit(&daemon.watch);
    engine_deinit(&daemon.engine);
    graph_free(daemon.engine.graph ? daemon.engine.graph : graph);
    loop_deinit(&daemon);
    return code;
}
