// SPDX-License-Identifier: Apache-2.0

/* The thread that looks up what ports ask for. What ends with an error that is not "there is none"
 * leaves an older name in place. */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/cgroup_tree.h"
#include "base/cgroups.h"
#include "base/clock.h"
#include "base/container_names.h"
#include "base/id_name.h"
#include "base/kernel_text.h"
#include "base/log.h"
#include "base/resolver_inside.h"
#include "base/resolver_prime.h"
#include "base/thread.h"
#include "base/user_text.h"

_Static_assert((int)RESOLVER_NAME_MAX == (int)CGROUP_PATH_MAX, "a path fits into a slot");

enum {
    STOP_LIMIT_MS = 1000, /* for a lookup that hangs */
    WALK_SHARE = 10,      /* walks take at most this part of the thread's time */
    WALK_PAUSE_MS = 1000, /* but never wait longer than that */
};

static const int64_t ns_per_second = 1000000000;
static const int64_t ns_per_ms = 1000000;

/* ---- requests -------------------------------------------------------------------------------- */

static void take_requests(struct resolver *resolver)
{
    struct resolver_request *request;

    pthread_mutex_lock(&resolver->lock);
    resolver->n_round = 0;
    for (struct resolver_port *port = resolver->ports; port; port = port->next)
        while (resolver->n_round < RESOLVER_ROUND_MAX && (request = queue_pop(&port->asked))) {
            resolver->round[resolver->n_round++] = *request;
            queue_push(&port->spare, request);
        }
    pthread_mutex_unlock(&resolver->lock);
}

/* length: below 0: none. is_final: it need not be looked up again. */
static void keep(struct resolver *resolver, const struct resolver_request *request,
                 const char *name, int length, bool is_final)
{
    int64_t now = clock_monotonic();
    struct name_entry entry = {
        .kind = request->kind, .pid = request->pid, .id = request->id, .known = length > 0};

    entry.expires = now + (request->kind == RESOLVER_USER ? RESOLVER_USER_S * ns_per_second
                           : entry.known                  ? resolver->options.keep
                                                          : resolver->options.retry);
    if (resolver_is_of_cgroup(request->kind) && request->kind != RESOLVER_CGROUP && !entry.known)
        entry.expires = now + RESOLVER_CONTAINER_S * ns_per_second;
    if (entry.known) {
        entry.length = (uint32_t)length;
        memcpy(entry.name, name, entry.length);
    }
    if (is_final)
        entry.expires = INT64_MAX;
    name_cache_put(resolver_cache(resolver), &entry, now);
}

static bool is_fresh(struct resolver *resolver, const struct resolver_request *request)
{
    int64_t now = clock_monotonic();
    struct name_entry entry;

    return name_cache_get_of(resolver_cache(resolver), request->kind, request->pid, request->id,
                             now, &entry) &&
           entry.expires > now;
}

static void read_symbols(struct resolver *resolver)
{
    bool is_first = !resolver->symbols, fails;

    if (is_first)
        resolver->symbols = kernel_text_new();
    resolver->symbols_read = clock_monotonic();
    if (!resolver->symbols)
        return;
    fails = resolver->symbols_fd < 0 ||
            kernel_text_read(resolver->symbols, resolver->symbols_fd) < 0 ||
            kernel_text_are_hidden(resolver->symbols);
    if (is_first && fails)
        log_warning("the output shows kernel addresses without names, because /proc/kallsyms does "
                    "not show them; start with CAP_SYSLOG");
}

static int find_symbol(struct resolver *resolver, uint64_t address, char *name)
{
    int length = -ENOENT;

    if (resolver->symbols)
        length = kernel_text_find(resolver->symbols, address, name, RESOLVER_NAME_MAX);
    if (length >= 0 || (resolver->symbols && clock_monotonic() - resolver->symbols_read <
                                                 RESOLVER_SYMBOLS_S * ns_per_second))
        return length;
    read_symbols(resolver);
    return resolver->symbols ? kernel_text_find(resolver->symbols, address, name, RESOLVER_NAME_MAX)
                             : -ENOENT;
}

static int find_user(struct resolver *resolver, const struct resolver_request *request, char *name)
{
    struct process_opener *opener = atomic_load(&resolver->opener);
    int length;

    if (opener && !resolver->user_text)
        resolver->user_text = user_text_new(opener);
    if (!resolver->user_text)
        return -ENOMEM;
    length =
        user_text_find(resolver->user_text, request->pid, request->id, name, RESOLVER_NAME_MAX);
    if (length == -EACCES && !resolver->user_refused) {
        resolver->user_refused = true;
        log_warning("the output shows addresses of processes without names, because ringmill may "
                    "not read /proc/%u/maps; start with CAP_SYS_PTRACE",
                    request->pid);
    }
    return length;
}

/* Of a cgroup whose path is known. */
static int find_of_cgroup(struct resolver *resolver, const struct resolver_request *request,
                          char *name, bool *ret_final)
{
    uint32_t length = 0;
    const char *path = cgroups_path(resolver->cgroups, request->id, &length);

    if (!path)
        return -ENOENT;
    *ret_final = true;
    if (request->kind == RESOLVER_CGROUP) {
        memcpy(name, path, length);
        return (int)length;
    }
    return container_names_find(resolver->containers,
                                (enum container_name)(request->kind - RESOLVER_CONTAINER_FIRST),
                                path, length, clock_monotonic(), name, ret_final);
}

static int look_up(struct resolver *resolver, const struct resolver_request *request, char *name,
                   bool *ret_final)
{
    if (resolver->options.look_up)
        return resolver->options.look_up(resolver->options.data, request->kind, request->id, name);
    if (resolver_is_of_cgroup(request->kind))
        return find_of_cgroup(resolver, request, name, ret_final);
    if (request->kind == RESOLVER_KERNEL)
        return find_symbol(resolver, request->id, name);
    if (request->kind == RESOLVER_USER)
        return find_user(resolver, request, name);
    return request->kind == RESOLVER_UID ? id_name_user(request->id, name, RESOLVER_NAME_MAX)
                                         : id_name_group(request->id, name, RESOLVER_NAME_MAX);
}

/* A name that cannot be confirmed just now stays. */
static void confirm(struct resolver *resolver, const struct resolver_request *request)
{
    char name[RESOLVER_NAME_MAX];
    struct name_entry old;
    bool is_final = resolver->options.look_up && request->kind == RESOLVER_CGROUP;
    int length;

    if (is_fresh(resolver, request))
        return; /* another port asked, too */
    length = look_up(resolver, request, name, &is_final);
    if (length < 0 && length != -ENOENT &&
        name_cache_get_of(resolver_cache(resolver), request->kind, request->pid, request->id,
                          clock_monotonic(), &old) &&
        old.known) {
        old.expires = clock_monotonic() + resolver->options.retry;
        name_cache_put(resolver_cache(resolver), &old, clock_monotonic());
        return;
    }
    keep(resolver, request, name, length,
         is_final && (length > 0 || request->kind != RESOLVER_CGROUP));
}

static void resolve(struct resolver *resolver, const struct resolver_request *request)
{
    confirm(resolver, request);
    resolver_tell_answered(resolver);
}

static bool is_asked(const struct resolver *resolver, uint64_t cgroup)
{
    for (uint32_t i = 0; i < resolver->n_round; i++)
        if (resolver->round[i].kind == RESOLVER_CGROUP && resolver->round[i].id == cgroup)
            return true;
    return false;
}

/* The walk passes all of them, so it keeps those too that nobody has asked for yet, as long as that
 * puts out no others. */
static void visit_cgroup(void *data, uint64_t id, const char *path, uint32_t length)
{
    struct resolver *resolver = data;
    const struct resolver_request request = {.kind = RESOLVER_CGROUP, .id = id};

    cgroups_note(resolver->cgroups, id, path, length);
    if (!is_asked(resolver, id) &&
        name_cache_count(resolver_cache(resolver)) >= resolver->options.names / 2)
        return;
    if (!is_fresh(resolver, &request))
        keep(resolver, &request, path, (int)length, true);
}

/* What the kernel has reported so far; false: it does not report. */
static bool read_feed(struct resolver *resolver)
{
    struct cgroup_feed *feed = atomic_load(&resolver->feed);
    uint64_t lost;

    if (!feed || !resolver->cgroups)
        return false;
    lost = feed->read(feed->data, resolver->cgroups);
    counter_add(&resolver->cgroups_lost, lost);
    if (lost > 0)
        cgroups_set_lacking(resolver->cgroups, true);
    return true;
}

/* Sleeps until then, or until the end. */
static void pause_until(struct resolver *resolver, int64_t until)
{
    struct pollfd bell = {.fd = resolver->waker.fd, .events = POLLIN};
    int64_t now;

    while (!atomic_load(&resolver->stop) && (now = clock_monotonic()) < until) {
        waker_arm(&resolver->waker);
        if (!atomic_load(&resolver->stop))
            poll(&bell, 1, (int)((until - now) / ns_per_ms) + 1);
        waker_disarm(&resolver->waker);
    }
}

/* On a machine of thousands of short-lived cgroups each would cost a walk; so they wait for each
 * other. What is made during a walk is reported, if anything is. */
static void walk_cgroups(struct resolver *resolver)
{
    const char *root = resolver->options.cgroups ? resolver->options.cgroups : cgroup_tree_root();
    int64_t begun, taken;

    pause_until(resolver, resolver->next_walk);
    begun = clock_monotonic();
    if (root && !atomic_load(&resolver->stop)) {
        cgroups_set_lacking(resolver->cgroups, !atomic_load(&resolver->feed));
        cgroup_tree_walk(root, visit_cgroup, resolver);
        read_feed(resolver);
    }
    taken = clock_monotonic() - begun;
    if (taken > WALK_PAUSE_MS * ns_per_ms / (WALK_SHARE - 1))
        taken = WALK_PAUSE_MS * ns_per_ms / (WALK_SHARE - 1);
    resolver->next_walk = clock_monotonic() + taken * (WALK_SHARE - 1);
}

static bool is_by_path(const struct resolver *resolver, const struct resolver_request *request)
{
    return resolver_is_of_cgroup(request->kind) && !resolver->options.look_up;
}

/* The id is that of a cgroup which only a walk of the tree may find. */
static bool needs_walk(struct resolver *resolver, const struct resolver_request *request)
{
    uint32_t length;

    return is_by_path(resolver, request) && cgroups_lacks_some(resolver->cgroups) &&
           !cgroups_path(resolver->cgroups, request->id, &length) && !is_fresh(resolver, request);
}

static void answer(struct resolver *resolver)
{
    bool walk = false;

    read_feed(resolver);
    for (uint32_t i = 0; i < resolver->n_round && !atomic_load(&resolver->stop); i++) {
        const struct resolver_request *request = &resolver->round[i];

        if (!needs_walk(resolver, request))
            resolve(resolver, request);
        else
            walk = true;
    }
    if (!walk)
        return;
    walk_cgroups(resolver);
    for (uint32_t i = 0; i < resolver->n_round; i++)
        if (is_by_path(resolver, &resolver->round[i]))
            resolve(resolver, &resolver->round[i]);
}

static void sleep_for_requests(struct resolver *resolver)
{
    const struct cgroup_feed *feed = atomic_load(&resolver->feed);
    struct pollfd bells[] = {{.fd = resolver->waker.fd, .events = POLLIN},
                             {.fd = feed ? feed->fd : -1, .events = POLLIN}};

    waker_arm(&resolver->waker);
    take_requests(resolver);
    if (resolver->n_round == 0 && !atomic_load(&resolver->stop))
        poll(bells, 2, -1);
    waker_disarm(&resolver->waker);
}

/* ---- life of the thread ---------------------------------------------------------------------- */

static void find_first(void *data, enum resolver_kind kind, uint64_t id)
{
    const struct resolver_request request = {.kind = kind, .id = id};

    resolve(data, &request);
}

static void prime(struct resolver *resolver)
{
    const struct resolver_prime prime = {.cache = resolver_cache(resolver),
                                         .names = resolver->options.names,
                                         .stop = &resolver->stop,
                                         .find = find_first,
                                         .data = resolver};

    walk_cgroups(resolver);
    resolver_prime(&prime);
}

static void *resolver_main(void *data)
{
    struct resolver *resolver = data;

    if (resolver_cache(resolver) && !resolver->options.look_up)
        prime(resolver);
    sem_post(&resolver->primed);
    atomic_store(&resolver->answers, true);
    while (!atomic_load(&resolver->stop)) {
        take_requests(resolver);
        if (resolver->n_round == 0)
            sleep_for_requests(resolver);
        answer(resolver);
    }
    resolver_tell_answered(resolver);
    resolver_release(resolver);
    return NULL;
}

bool resolver_runs(const struct resolver *resolver)
{
    return resolver->runs;
}

/* The thread's, made before it. 0 or -ENOMEM. */
static int make_tables(struct resolver *resolver)
{
    const char *files = resolver->options.files ? resolver->options.files : "";

    if (!resolver->containers)
        resolver->containers = container_names_new(files);
    if (!atomic_load(&resolver->cgroups))
        atomic_store(&resolver->cgroups, cgroups_new(0));
    return resolver->containers && atomic_load(&resolver->cgroups) ? 0 : -ENOMEM;
}

int resolver_start(struct resolver *resolver)
{
    int r = make_tables(resolver);

    if (r == 0)
        r = waker_init(&resolver->waker);
    if (r < 0)
        return r;
    atomic_fetch_add(&resolver->holders, 1);
    r = thread_start(&resolver->thread, "resolver", resolver_main, resolver);
    if (r < 0) {
        atomic_fetch_sub(&resolver->holders, 1);
        return r;
    }
    resolver->runs = true;
    return 0;
}

void resolver_wait(struct resolver *resolver)
{
    struct timespec at;

    clock_after(RESOLVER_PRIME_MS * ns_per_ms, &at);
    while (resolver && resolver->runs &&
           sem_clockwait(&resolver->primed, CLOCK_MONOTONIC, &at) < 0 && errno == EINTR)
        ;
}

void resolver_stop(struct resolver *resolver)
{
    if (!resolver || !resolver->runs)
        return;
    resolver->runs = false;
    atomic_store(&resolver->stop, true);
    resolver_tell_answered(resolver);
    waker_ring(&resolver->waker);
    if (!thread_join(resolver->thread, STOP_LIMIT_MS * ns_per_ms))
        pthread_detach(resolver->thread);
}
