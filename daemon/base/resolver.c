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
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup_tree.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/id_name.h"
#include "base/kernel_text.h"
#include "base/log.h"
#include "base/name_cache.h"
#include "base/process_opener.h"
#include "base/queue.h"
#include "base/resolver_prime.h"
#include "base/thread.h"
#include "base/user_text.h"
#include "base/waker.h"

_Static_assert((int)RESOLVER_NAME_MAX == (int)NAME_CACHE_NAME_MAX, "a name fits into a slot");
_Static_assert((int)RESOLVER_NAME_MAX == (int)CGROUP_PATH_MAX, "a path fits into a slot");

enum {
    ROUND_MAX = 256,      /* requests that are answered together */
    RECENT = 64,          /* ids that a port knows it has asked for */
    STOP_LIMIT_MS = 1000, /* for a lookup that hangs */
    WALK_SHARE = 10,      /* walks take at most this part of the thread's time */
    WALK_PAUSE_MS = 1000, /* but never wait longer than that */
};

static const int64_t ns_per_second = 1000000000;
static const int64_t ns_per_ms = 1000000;

struct request {
    enum resolver_kind kind;
    uint32_t pid; /* RESOLVER_USER; else 0 */
    uint64_t id;
};

struct recent {
    struct request request;
    int64_t when; /* 0: none */
};

struct remembered_name {
    bool valid;
    uint32_t version; /* of the cache, when it was got */
    struct name_entry entry;
};

struct resolver_port {
    struct resolver *resolver;
    struct resolver_port *next; /* under the resolver's lock */
    struct queue asked;         /* to the thread */
    struct queue spare;         /* from the thread */
    struct request requests[RESOLVER_REQUESTS_MAX];
    /* owned by the port's thread */
    int64_t now;
    bool rings;
    struct remembered_name memory[RESOLVER_KINDS];
    struct recent recent[RECENT];
    /* written by the port's thread, any thread reads */
    counter hits;
    counter unresolved;
    counter dropped;
};

struct resolver {
    /* immutable */
    struct resolver_options options;
    bool given;     /* names come by resolver_give() alone */
    int symbols_fd; /* opened with the owner's capabilities, which the thread lacks; -1: none */
    pthread_mutex_t lock;
    /* under the lock */
    struct resolver_port *ports;
    struct resolver_counts left; /* the sums of ports that are gone */
    /* main thread */
    pthread_t thread;
    bool runs;
    /* the consumer thread's */
    bool gated;       /* the next one means something */
    uint32_t horizon; /* later versions of the cache do not show yet */
    /* any thread */
    struct waker waker;
    sem_t primed; /* posted once, by the thread */
    atomic_bool stop;
    _Atomic(struct name_cache *)
        cache; /* once a port has joined, on whichever thread; see known() */
    _Atomic(struct process_opener *) opener; /* NULL: no addresses of processes are asked for */
    _Atomic uint32_t holders;                /* the owner and the thread; the last one frees */
    /* the resolver thread's */
    struct request round[ROUND_MAX];
    uint32_t n_round;
    int64_t next_walk;
    struct kernel_text *symbols; /* NULL: not asked for yet */
    int64_t symbols_read;        /* when they were read last */
    struct user_text *user_text; /* NULL: not asked for yet */
    bool user_refused;           /* and it was reported */
};

/* The cache; NULL: nobody has joined. A port joins while the consumer thread runs, when a reload is
 * the first to want names. */
static struct name_cache *known(const struct resolver *resolver)
{
    return atomic_load_explicit(&resolver->cache, memory_order_acquire);
}

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
    pthread_mutex_init(&resolver->lock, NULL);
    sem_init(&resolver->primed, 0, 0);
    atomic_store(&resolver->holders, 1);
    resolver->symbols_fd =
        open(resolver->options.symbols ? resolver->options.symbols : "/proc/kallsyms",
             O_RDONLY | O_CLOEXEC);
    return resolver;
}

static void release(struct resolver *resolver)
{
    if (atomic_fetch_sub(&resolver->holders, 1) > 1)
        return;
    waker_deinit(&resolver->waker);
    sem_destroy(&resolver->primed);
    pthread_mutex_destroy(&resolver->lock);
    name_cache_free(known(resolver));
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
        release(resolver);
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
    cache = known(resolver);
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

void resolver_count(struct resolver *resolver, struct resolver_counts *ret)
{
    pthread_mutex_lock(&resolver->lock);
    *ret = resolver->left;
    for (const struct resolver_port *port = resolver->ports; port; port = port->next)
        add_counts(port, ret);
    if (known(resolver)) {
        ret->evicted = name_cache_evicted(known(resolver));
        ret->names = name_cache_count(known(resolver));
    }
    pthread_mutex_unlock(&resolver->lock);
}

/* ---- on the way of a record ------------------------------------------------------------------ */

void resolver_begin(struct resolver_port *port)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* a few ms old, and cheap */
    port->now = now.tv_sec * ns_per_second + now.tv_nsec;
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
    const struct name_cache *cache = resolver ? known(resolver) : NULL;

    if (!cache)
        return;
    resolver->horizon = name_cache_version(cache);
    resolver->gated = true;
}

static bool shows(const struct resolver *resolver, const struct name_entry *entry)
{
    return !resolver->gated || (int32_t)(entry->stamp - resolver->horizon) <= 0;
}

static bool are_same(const struct request *one, const struct request *other)
{
    return one->kind == other->kind && one->pid == other->pid && one->id == other->id;
}

static void ask(struct resolver_port *port, const struct request *wanted)
{
    struct recent *recent =
        &port->recent[(wanted->id + wanted->pid + 21 * (uint64_t)wanted->kind) % RECENT];
    struct request *request;

    if (recent->when != 0 && are_same(&recent->request, wanted) &&
        port->now - recent->when < ns_per_second)
        return;
    request = queue_pop(&port->spare);
    if (!request) {
        counter_add(&port->dropped, 1);
        return;
    }
    *request = *wanted;
    *recent = (struct recent){*request, port->now};
    queue_push(&port->asked, request);
    port->rings = true;
}

/* The cache entry of the id, or NULL. */
static const struct name_entry *recall(struct resolver_port *port, const struct request *wanted)
{
    struct remembered_name *memory = &port->memory[wanted->kind];
    struct name_cache *cache = known(port->resolver);
    uint32_t version = name_cache_version(cache);

    if (memory->valid && memory->version == version && memory->entry.id == wanted->id &&
        memory->entry.pid == wanted->pid)
        return &memory->entry;
    memory->valid = name_cache_get_of(cache, wanted->kind, wanted->pid, wanted->id, port->now,
                                      &memory->entry) &&
                    shows(port->resolver, &memory->entry);
    memory->version = version;
    return memory->valid ? &memory->entry : NULL;
}

static bool find(struct resolver_port *port, const struct request *wanted,
                 struct resolver_name *ret)
{
    const struct name_entry *entry = recall(port, wanted);

    if ((!entry || entry->expires <= port->now) && !port->resolver->given)
        ask(port, wanted);
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
    return find(port, &(struct request){.kind = kind, .id = id}, ret);
}

bool resolver_find_user(struct resolver_port *port, uint32_t pid, uint64_t address,
                        struct resolver_name *ret)
{
    return find(port, &(struct request){RESOLVER_USER, pid, address}, ret);
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

static void give(struct resolver *resolver, const struct request *wanted, const char *name,
                 uint32_t length)
{
    struct name_entry entry = {.kind = wanted->kind,
                               .pid = wanted->pid,
                               .id = wanted->id,
                               .known = name != NULL,
                               .expires = INT64_MAX};

    if (!known(resolver))
        return; /* nobody has joined */
    if (name) {
        entry.length = length;
        memcpy(entry.name, name, length);
    }
    name_cache_put(known(resolver), &entry, clock_monotonic());
    resolver_turn(resolver);
}

void resolver_give(struct resolver *resolver, enum resolver_kind kind, uint64_t id,
                   const char *name, uint32_t length)
{
    give(resolver, &(struct request){.kind = kind, .id = id}, name, length);
}

void resolver_give_user(struct resolver *resolver, uint32_t pid, uint64_t address, const char *name,
                        uint32_t length)
{
    give(resolver, &(struct request){RESOLVER_USER, pid, address}, name, length);
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

/* On the thread. */
static int find_user(struct resolver *resolver, const struct request *request, char *name)
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

/* ---- the thread ------------------------------------------------------------------------------ */

static void take_requests(struct resolver *resolver)
{
    struct request *request;

    pthread_mutex_lock(&resolver->lock);
    resolver->n_round = 0;
    for (struct resolver_port *port = resolver->ports; port; port = port->next)
        while (resolver->n_round < ROUND_MAX && (request = queue_pop(&port->asked))) {
            resolver->round[resolver->n_round++] = *request;
            queue_push(&port->spare, request);
        }
    pthread_mutex_unlock(&resolver->lock);
}

/* length: below 0: none. */
static void keep(struct resolver *resolver, const struct request *request, const char *name,
                 int length)
{
    int64_t now = clock_monotonic();
    struct name_entry entry = {
        .kind = request->kind, .pid = request->pid, .id = request->id, .known = length > 0};

    entry.expires = now + (request->kind == RESOLVER_USER ? RESOLVER_USER_S * ns_per_second
                           : entry.known                  ? resolver->options.keep
                                                          : resolver->options.retry);
    if (entry.known) {
        entry.length = (uint32_t)length;
        memcpy(entry.name, name, entry.length);
        if (request->kind == RESOLVER_CGROUP)
            entry.expires = INT64_MAX;
    }
    name_cache_put(known(resolver), &entry, now);
}

static bool is_fresh(struct resolver *resolver, const struct request *request)
{
    int64_t now = clock_monotonic();
    struct name_entry entry;

    return name_cache_get_of(known(resolver), request->kind, request->pid, request->id, now,
                             &entry) &&
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

static int look_up(struct resolver *resolver, const struct request *request, char *name)
{
    if (resolver->options.look_up)
        return resolver->options.look_up(resolver->options.data, request->kind, request->id, name);
    if (request->kind == RESOLVER_KERNEL)
        return find_symbol(resolver, request->id, name);
    if (request->kind == RESOLVER_USER)
        return find_user(resolver, request, name);
    return request->kind == RESOLVER_UID ? id_name_user(request->id, name, RESOLVER_NAME_MAX)
                                         : id_name_group(request->id, name, RESOLVER_NAME_MAX);
}

/* A name that cannot be confirmed just now stays. */
static void resolve(struct resolver *resolver, const struct request *request)
{
    char name[RESOLVER_NAME_MAX];
    struct name_entry old;
    int length;

    if (is_fresh(resolver, request))
        return; /* another port asked, too */
    length = look_up(resolver, request, name);
    if (length < 0 && length != -ENOENT &&
        name_cache_get_of(known(resolver), request->kind, request->pid, request->id,
                          clock_monotonic(), &old) &&
        old.known) {
        old.expires = clock_monotonic() + resolver->options.retry;
        name_cache_put(known(resolver), &old, clock_monotonic());
        return;
    }
    keep(resolver, request, name, length);
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
    const struct request request = {.kind = RESOLVER_CGROUP, .id = id};

    if (!is_asked(resolver, id) && name_cache_count(known(resolver)) >= resolver->options.names / 2)
        return;
    if (!is_fresh(resolver, &request))
        keep(resolver, &request, path, (int)length);
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
 * other. */
static void walk_cgroups(struct resolver *resolver)
{
    const char *root = resolver->options.cgroups ? resolver->options.cgroups : cgroup_tree_root();
    int64_t begun, taken;

    pause_until(resolver, resolver->next_walk);
    begun = clock_monotonic();
    if (root && !atomic_load(&resolver->stop))
        cgroup_tree_walk(root, visit_cgroup, resolver);
    taken = clock_monotonic() - begun;
    if (taken > WALK_PAUSE_MS * ns_per_ms / (WALK_SHARE - 1))
        taken = WALK_PAUSE_MS * ns_per_ms / (WALK_SHARE - 1);
    resolver->next_walk = clock_monotonic() + taken * (WALK_SHARE - 1);
}

static bool by_walk(const struct resolver *resolver, const struct request *request)
{
    return request->kind == RESOLVER_CGROUP && !resolver->options.look_up;
}

static void answer(struct resolver *resolver)
{
    bool walk = false;

    for (uint32_t i = 0; i < resolver->n_round && !atomic_load(&resolver->stop); i++) {
        const struct request *request = &resolver->round[i];

        if (!by_walk(resolver, request))
            resolve(resolver, request);
        else
            walk = walk || !is_fresh(resolver, request);
    }
    if (!walk)
        return;
    walk_cgroups(resolver);
    for (uint32_t i = 0; i < resolver->n_round; i++)
        if (by_walk(resolver, &resolver->round[i]) && !is_fresh(resolver, &resolver->round[i]))
            keep(resolver, &resolver->round[i], NULL, -ENOENT);
}

static void sleep_for_requests(struct resolver *resolver)
{
    struct pollfd bell = {.fd = resolver->waker.fd, .events = POLLIN};

    waker_arm(&resolver->waker);
    take_requests(resolver);
    if (resolver->n_round == 0 && !atomic_load(&resolver->stop))
        poll(&bell, 1, -1);
    waker_disarm(&resolver->waker);
}

/* ---- life of the thread ---------------------------------------------------------------------- */

static void find_first(void *data, enum resolver_kind kind, uint64_t id)
{
    const struct request request = {.kind = kind, .id = id};

    resolve(data, &request);
}

static void prime(struct resolver *resolver)
{
    const struct resolver_prime prime = {.cache = known(resolver),
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

    if (known(resolver) && !resolver->options.look_up)
        prime(resolver);
    sem_post(&resolver->primed);
    while (!atomic_load(&resolver->stop)) {
        take_requests(resolver);
        if (resolver->n_round == 0)
            sleep_for_requests(resolver);
        answer(resolver);
    }
    release(resolver);
    return NULL;
}

bool resolver_runs(const struct resolver *resolver)
{
    return resolver->runs;
}

int resolver_start(struct resolver *resolver)
{
    int r = waker_init(&resolver->waker);

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
    int64_t until = clock_monotonic() + RESOLVER_PRIME_MS * ns_per_ms;
    const struct timespec at = {.tv_sec = until / ns_per_second, .tv_nsec = until % ns_per_second};

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
    waker_ring(&resolver->waker);
    if (!thread_join(resolver->thread, STOP_LIMIT_MS * ns_per_ms))
        pthread_detach(resolver->thread);
}
