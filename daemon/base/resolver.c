// SPDX-License-Identifier: Apache-2.0

/* Requests go in blocks that a port and the thread pass to and fro by two queues, so a request that
 * finds no block is dropped and counted. The same id is not asked for again within a second: that
 * is longer than most answers take, and a lost answer is asked for again by the next record.
 *
 * A port remembers the last name of each kind, for records that come in a row mostly have the same;
 * the cache's version tells whether it still holds.
 *
 * The lock guards the list of ports, which only the main thread changes; the thread holds it while
 * it takes requests, never while it looks anything up. */

#include "base/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroups.h"
#include "base/clock.h"
#include "base/container_names.h"
#include "base/kernel_text.h"
#include "base/log.h"
#include "base/process_opener.h"
#include "base/resolver_inside.h"
#include "base/user_text.h"

_Static_assert((int)RESOLVER_NAME_MAX == (int)NAME_CACHE_NAME_MAX, "a name fits into a slot");

static const int64_t ns_per_second = 1000000000;
static const int64_t ns_per_ms = 1000000;

/* ---- life ------------------------------------------------------------------------------------ */

struct resolver *resolver_new(const struct resolver_options *options)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));

    if (!resolver)
        return NULL;
    if (options)
        resolver->options = *options;
    if (resolver->options.names == 0)
        resolver->options.names = RESOLVER_NAMES_MAX;
    if (resolver->options.keep == 0)
        resolver->options.keep = RESOLVER_KEEP_S * ns_per_second;
    if (resolver->options.retry == 0)
        resolver->options.retry = RESOLVER_RETRY_S * ns_per_second;
    if (resolver->options.wait == 0)
        resolver->options.wait = RESOLVER_WAIT_MS * ns_per_ms;
    pthread_mutex_init(&resolver->lock, NULL);
    sem_init(&resolver->primed, 0, 0);
    sem_init(&resolver->answered, 0, 0);
    atomic_store(&resolver->holders, 1);
    resolver->symbols_fd =
        open(resolver->options.symbols ? resolver->options.symbols : "/proc/kallsyms",
             O_RDONLY | O_CLOEXEC);
    return resolver;
}

static void close_feed(struct resolver *resolver)
{
    struct cgroup_feed *feed = atomic_load(&resolver->feed);

    if (!feed)
        return;
    feed->close(feed->data);
    free(feed);
}

void resolver_release(struct resolver *resolver)
{
    if (atomic_fetch_sub(&resolver->holders, 1) > 1)
        return;
    waker_deinit(&resolver->waker);
    sem_destroy(&resolver->primed);
    sem_destroy(&resolver->answered);
    pthread_mutex_destroy(&resolver->lock);
    name_cache_free(resolver_cache(resolver));
    close_feed(resolver);
    cgroups_free(atomic_load(&resolver->cgroups));
    container_names_free(resolver->containers);
    kernel_text_free(resolver->symbols);
    user_text_free(resolver->user_text);
    process_opener_stop(atomic_load(&resolver->opener));
    if (resolver->symbols_fd >= 0)
        close(resolver->symbols_fd);
    free(resolver);
}

void resolver_free(struct resolver *resolver)
{
    if (resolver)
        resolver_release(resolver);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void free_port(struct resolver_port *port)
{
    queue_deinit(&port->asked);
    queue_deinit(&port->spare);
    free(port);
}

static int link_port(struct resolver *resolver, struct resolver_port *port)
{
    struct name_cache *cache;

    pthread_mutex_lock(&resolver->lock);
    cache = resolver_cache(resolver);
    if (!cache)
        cache = name_cache_new(resolver->options.names);
    if (cache) {
        atomic_store_explicit(&resolver->cache, cache, memory_order_release);
        port->next = resolver->ports;
        resolver->ports = port;
    }
    pthread_mutex_unlock(&resolver->lock);
    return cache ? 0 : -ENOMEM;
}

int resolver_join(struct resolver *resolver, struct resolver_port **ret)
{
    struct resolver_port *port = aligned_alloc(CACHE_LINE, sizeof(*port));

    if (!port)
        return -ENOMEM;
    memset(port, 0, sizeof(*port));
    port->resolver = resolver;
    if (queue_init(&port->asked, RESOLVER_REQUESTS_MAX) < 0 ||
        queue_init(&port->spare, RESOLVER_REQUESTS_MAX) < 0 || link_port(resolver, port) < 0) {
        free_port(port);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < RESOLVER_REQUESTS_MAX; i++)
        queue_push(&port->spare, &port->requests[i]);
    *ret = port;
    return 0;
}

static void add_counts(const struct resolver_port *port, struct resolver_counts *sum)
{
    sum->hits += counter_get(&port->hits);
    sum->unresolved += counter_get(&port->unresolved);
    sum->dropped += counter_get(&port->dropped);
    sum->waits += counter_get(&port->waits);
    sum->waits_ended += counter_get(&port->waits_ended);
}

void resolver_leave(struct resolver_port *port)
{
    struct resolver_port **link;

    if (!port)
        return;
    pthread_mutex_lock(&port->resolver->lock);
    for (link = &port->resolver->ports; *link != port; link = &(*link)->next)
        ;
    *link = port->next;
    add_counts(port, &port->resolver->left);
    pthread_mutex_unlock(&port->resolver->lock);
    free_port(port);
}

bool resolver_wanted(struct resolver *resolver)
{
    bool wanted;

    pthread_mutex_lock(&resolver->lock);
    wanted = resolver->ports != NULL && !resolver->given;
    pthread_mutex_unlock(&resolver->lock);
    return wanted;
}

static void count_cgroups(const struct resolver *resolver, struct resolver_counts *ret)
{
    const struct cgroups *cgroups = atomic_load(&resolver->cgroups);
    struct cgroups_counts counts = {0};

    if (cgroups)
        cgroups_count(cgroups, &counts);
    ret->cgroups = counts.cgroups;
    ret->cgroups_dropped = counts.dropped;
    ret->cgroups_lost = counter_get(&resolver->cgroups_lost);
}

void resolver_count(struct resolver *resolver, struct resolver_counts *ret)
{
    pthread_mutex_lock(&resolver->lock);
    *ret = resolver->left;
    for (const struct resolver_port *port = resolver->ports; port; port = port->next)
        add_counts(port, ret);
    if (resolver_cache(resolver)) {
        ret->evicted = name_cache_evicted(resolver_cache(resolver));
        ret->names = name_cache_count(resolver_cache(resolver));
    }
    count_cgroups(resolver, ret);
    pthread_mutex_unlock(&resolver->lock);
}

/* ---- on the way of a record ------------------------------------------------------------------ */

void resolver_begin(struct resolver_port *port)
{
    port->now = clock_monotonic_coarse();
}

void resolver_end(struct resolver_port *port)
{
    if (!port->rings)
        return;
    port->rings = false;
    waker_ring(&port->resolver->waker);
}

void resolver_turn(struct resolver *resolver)
{
    const struct name_cache *cache = resolver ? resolver_cache(resolver) : NULL;

    if (!cache)
        return;
    resolver->horizon = name_cache_version(cache);
    resolver->gated = true;
    resolver->n_verdicts = 0;
    resolver->batch_left = resolver->options.wait;
}

static bool shows(const struct resolver *resolver, const struct resolver_request *wanted,
                  const struct name_entry *entry)
{
    return !resolver->gated || (int32_t)(entry->stamp - resolver->horizon) <= 0 ||
           resolver_has_awaited(resolver, wanted);
}

bool resolver_ask(struct resolver_port *port, const struct resolver_request *wanted)
{
    struct resolver_recent *recent =
        &port->recent[(wanted->id + wanted->pid + 21 * (uint64_t)wanted->kind) % RESOLVER_RECENT];
    struct resolver_request *request;

    if (recent->when != 0 && resolver_is_same(&recent->request, wanted) &&
        port->now - recent->when < ns_per_second)
        return recent->when == port->now;
    request = queue_pop(&port->spare);
    if (!request) {
        counter_add(&port->dropped, 1);
        return false;
    }
    *request = *wanted;
    *recent = (struct resolver_recent){*request, port->now};
    queue_push(&port->asked, request);
    port->rings = true;
    return true;
}

/* The cache entry of the id, or NULL. */
static const struct name_entry *recall(struct resolver_port *port,
                                       const struct resolver_request *wanted)
{
    struct resolver_memory *memory = &port->memory[wanted->kind];
    struct name_cache *cache = resolver_cache(port->resolver);
    uint32_t version = name_cache_version(cache);

    if (memory->valid && memory->version == version && memory->entry.id == wanted->id &&
        memory->entry.pid == wanted->pid)
        return &memory->entry;
    memory->valid = name_cache_get_of(cache, wanted->kind, wanted->pid, wanted->id, port->now,
                                      &memory->entry) &&
                    shows(port->resolver, wanted, &memory->entry);
    memory->version = version;
    return memory->valid ? &memory->entry : NULL;
}

/* Of what is not known yet. */
static const struct name_entry *look_again(struct resolver_port *port,
                                           const struct resolver_request *wanted)
{
    return resolver_await(port, wanted) ? recall(port, wanted) : NULL;
}

static bool find(struct resolver_port *port, const struct resolver_request *wanted,
                 struct resolver_name *ret)
{
    const struct name_entry *entry = recall(port, wanted);

    port->kinds |= UINT32_C(1) << wanted->kind;
    if (!entry && !port->resolver->given)
        entry = look_again(port, wanted);
    else if (entry && entry->expires <= port->now && !port->resolver->given)
        resolver_ask(port, wanted);
    if (!entry || !entry->known) {
        counter_add(&port->unresolved, 1);
        return false;
    }
    counter_add(&port->hits, 1);
    *ret = (struct resolver_name){entry->name, entry->length};
    return true;
}

bool resolver_find(struct resolver_port *port, enum resolver_kind kind, uint64_t id,
                   struct resolver_name *ret)
{
    return find(port, &(struct resolver_request){.kind = kind, .id = id}, ret);
}

bool resolver_find_user(struct resolver_port *port, uint32_t pid, uint64_t address,
                        struct resolver_name *ret)
{
    return find(port, &(struct resolver_request){RESOLVER_USER, pid, address}, ret);
}

/* ---- names that are given -------------------------------------------------------------------- */

void resolver_set_given(struct resolver *resolver)
{
    resolver->given = true;
    process_opener_stop(atomic_exchange(&resolver->opener, NULL));
}

bool resolver_is_given(const struct resolver *resolver)
{
    return resolver->given;
}

static void give(struct resolver *resolver, const struct resolver_request *wanted, const char *name,
                 uint32_t length)
{
    struct name_entry entry = {.kind = wanted->kind,
                               .pid = wanted->pid,
                               .id = wanted->id,
                               .known = name != NULL,
                               .expires = INT64_MAX};

    if (!resolver_cache(resolver))
        return; /* nobody has joined */
    if (name) {
        entry.length = length;
        memcpy(entry.name, name, length);
    }
    name_cache_put(resolver_cache(resolver), &entry, clock_monotonic());
    resolver_turn(resolver);
}

/* What the path of a cgroup says of its container and unit. */
static void give_parts(struct resolver *resolver, uint64_t id, const char *path, uint32_t length)
{
    for (uint32_t i = 0; i < CONTAINER_NAMES; i++) {
        const struct resolver_request wanted = {
            .kind = (enum resolver_kind)(RESOLVER_CONTAINER_FIRST + i), .id = id};
        char name[RESOLVER_NAME_MAX];
        bool is_final;
        int found = container_names_by_path((enum container_name)i, path, length, name, &is_final);

        if (found > 0)
            give(resolver, &wanted, name, (uint32_t)found);
    }
}

void resolver_give(struct resolver *resolver, enum resolver_kind kind, uint64_t id,
                   const char *name, uint32_t length)
{
    give(resolver, &(struct resolver_request){.kind = kind, .id = id}, name, length);
    if (kind == RESOLVER_CGROUP && name)
        give_parts(resolver, id, name, length);
}

void resolver_give_user(struct resolver *resolver, uint32_t pid, uint64_t address, const char *name,
                        uint32_t length)
{
    give(resolver, &(struct resolver_request){RESOLVER_USER, pid, address}, name, length);
}

/* ---- addresses of processes ------------------------------------------------------------------ */

void resolver_want_users(struct resolver *resolver)
{
    struct process_opener *opener;
    int r;

    if (resolver->given || atomic_load(&resolver->opener))
        return;
    r = process_opener_start(&opener);
    if (r == 0)
        atomic_store(&resolver->opener, opener);
    else
        log_warning("cannot start a thread: %s; the output shows addresses of processes without "
                    "names",
                    strerror(-r));
}

/* ---- cgroups as they are made ---------------------------------------------------------------- */

void resolver_want_cgroups(struct resolver *resolver)
{
    atomic_store(&resolver->cgroups_wanted, true);
}

bool resolver_lacks_watch(struct resolver *resolver)
{
    return atomic_load(&resolver->cgroups_wanted) && !resolver->given &&
           !resolver->options.look_up && !atomic_load(&resolver->feed);
}

int resolver_watch_cgroups(struct resolver *resolver, const struct cgroup_feed *feed)
{
    struct cgroup_feed *copy = malloc(sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    *copy = *feed;
    atomic_store(&resolver->feed, copy);
    return 0;
}
