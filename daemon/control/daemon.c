// SPDX-License-Identifier: Apache-2.0

/* The main thread never touches a record. It sleeps in libevent, looks around once a second, and
 * everything that ends the daemon (a signal, the clock, a reader that went away) only leaves the
 * loop: the stop itself is one straight piece of code behind it. */

#include "control/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <ringmill/ring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/waker.h"
#include "control/notify.h"
#include "pipeline/engine.h"
#include "pipeline/report.h"

enum { LOOK_SECONDS = 1, LOSS_LOG_SECONDS = 10, EVENTS_MAX = 6 };

struct daemon {
    struct graph *graph;
    struct engine engine;
    struct event_base *base;
    struct event *events[EVENTS_MAX];
    uint32_t n_events;
    struct waker bell; /* rung by other threads: see engine_wants_stop() */
    uint64_t watchdog_limit;
    uint64_t records_seen; /* at the last look */
    uint64_t lost_told;    /* in the log */
    int64_t lost_told_at;  /* ns, monotonic */
};

static void ring_bell(void *data)
{
    waker_ring(&((struct daemon *)data)->bell);
}

static void on_bell(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    waker_disarm(&daemon->bell);
    waker_arm(&daemon->bell);
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

/* ---- once a second --------------------------------------------------------------------------- */

static void sum_sources(const struct graph *graph, uint64_t *ret_records, uint64_t *ret_lost)
{
    uint64_t records = 0, lost = 0;

    for (uint32_t i = 0; i < graph->n_sources; i++) {
        struct ringmill_counters counters;

        ringmill_ring_counters(graph->sources[i].ring, &counters);
        records += counters.records;
        lost += graph->sources[i].lost;
    }
    *ret_records = records;
    *ret_lost = lost;
}

static void tell_losses(struct daemon *daemon, uint64_t lost)
{
    int64_t now = clock_monotonic();

    if (lost == daemon->lost_told ||
        (daemon->lost_told > 0 &&
         now - daemon->lost_told_at < LOSS_LOG_SECONDS * INT64_C(1000000000)))
        return;
    log_warning("%" PRIu64 " records were lost since the last such line because a ring was full; "
                "filter more, make ring_size larger, or write to a faster sink",
                lost - daemon->lost_told);
    daemon->lost_told = lost;
    daemon->lost_told_at = now;
}

static void on_look(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;
    uint64_t records, lost;

    (void)fd;
    (void)what;
    engine_refresh_lost(&daemon->engine);
    sum_sources(daemon->graph, &records, &lost);
    tell_losses(daemon, lost);
    notify_status("%" PRIu64 " records/s, %" PRIu64 " lost in all", records - daemon->records_seen,
                  lost);
    daemon->records_seen = records;
}

static void on_watchdog(evutil_socket_t fd, short what, void *data)
{
    struct daemon *daemon = data;

    (void)fd;
    (void)what;
    if (engine_alive(&daemon->engine))
        notify_watchdog();
    else
        notify_status("the consumer thread does not move");
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
    daemon->watchdog_limit = notify_watchdog_limit();
    if (add_event(daemon, SIGTERM, EV_SIGNAL, on_end, 0) < 0 ||
        add_event(daemon, SIGINT, EV_SIGNAL, on_end, 0) < 0 ||
        add_event(daemon, SIGHUP, EV_SIGNAL, on_end, 0) < 0 ||
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
    if (daemon->base)
        event_base_free(daemon->base);
    waker_deinit(&daemon->bell);
}

static enum exit_code run(struct daemon *daemon, const struct daemon_options *options)
{
    struct error error = {""};
    enum exit_code code = EXIT_CODE_OK;
    int result = engine_start(&daemon->engine, daemon->graph, ring_bell, daemon, &error);

    if (result < 0) {
        log_error("%s", error.text);
        engine_stop(&daemon->engine);
        return EXIT_CODE_ENVIRONMENT;
    }
    notify_ready();
    log_info("running");
    if (add_end(daemon, options->seconds) < 0 || event_base_dispatch(daemon->base) < 0) {
        log_error("the event loop failed");
        code = EXIT_CODE_FAILED;
    }
    notify_stopping();
    engine_stop(&daemon->engine);
    if (!report_books(daemon->graph, stderr) || engine_gave_up(&daemon->engine))
        code = EXIT_CODE_FAILED;
    return code;
}

enum exit_code daemon_run(struct graph *graph, const struct daemon_options *options)
{
    struct daemon daemon = {.graph = graph};
    enum exit_code code = EXIT_CODE_ENVIRONMENT;
    int result = loop_init(&daemon);

    if (result == 0)
        code = run(&daemon, options);
    else
        log_error("cannot set up the event loop: %s", strerror(-result));
    engine_deinit(&daemon.engine);
    loop_deinit(&daemon);
    return code;
}
