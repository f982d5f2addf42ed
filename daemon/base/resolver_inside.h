// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What resolver.c, which records meet, and resolver_thread.c, which looks names up, share. */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/name_cache.h"
#include "base/queue.h"
#include "base/resolver.h"
#include "base/waker.h"

enum {
    RESOLVER_ROUND_MAX = 256, /* requests that are answered together */
    RESOLVER_RECENT = 64,     /* ids that a port knows it has asked for */
};

struct container_names;
struct kernel_text;
struct process_opener;
struct user_text;

struct resolver_request {
    enum resolver_kind kind;
    uint32_t pid; /* RESOLVER_USER; else 0 */
    uint64_t id;
};

struct resolver_recent {
    struct resolver_request request;
    int64_t when; /* 0: none */
};

struct resolver_memory {
    bool valid;
    uint32_t version; /* of the cache, when it was got */
    struct name_entry entry;
};

struct resolver_port {
    struct resolver *resolver;
    struct resolver_port *next; /* under the resolver's lock */
    struct queue asked;         /* to the thread */
    struct queue spare;         /* from the thread */
    struct resolver_request requests[RESOLVER_REQUESTS_MAX];
    /* owned by the port's thread */
    int64_t now;
    bool rings;
    struct resolver_memory memory[RESOLVER_KINDS];
    struct resolver_recent recent[RESOLVER_RECENT];
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
        cache; /* once a port has joined, on whichever thread; see resolver_cache() */
    _Atomic(struct process_opener *) opener; /* NULL: no addresses of processes are asked for */
    atomic_bool cgroups_wanted;
    _Atomic(struct cgroup_feed *) feed; /* NULL: none */
    counter cgroups_lost;               /* the resolver thread's to write */
    _Atomic(struct cgroups *) cgroups;  /* the resolver thread's; other threads count. NULL: not
                                           asked for yet */
    _Atomic uint32_t holders;           /* the owner and the thread; the last one frees */
    /* the resolver thread's */
    struct resolver_request round[RESOLVER_ROUND_MAX];
    uint32_t n_round;
    int64_t next_walk;
    struct container_names *containers; /* NULL: not asked for yet */
    struct kernel_text *symbols;        /* NULL: not asked for yet */
    int64_t symbols_read;               /* when they were read last */
    struct user_text *user_text;        /* NULL: not asked for yet */
    bool user_refused;                  /* and it was reported */
};

/* The cache; NULL: nobody has joined. A port joins while the consumer thread runs, when a reload is
 * the first to want names. */
static inline struct name_cache *resolver_cache(const struct resolver *resolver)
{
    return atomic_load_explicit(&resolver->cache, memory_order_acquire);
}

/* Frees it, if the other holder (the owner or the thread) has let go of it, too. */
void resolver_release(struct resolver *resolver);
