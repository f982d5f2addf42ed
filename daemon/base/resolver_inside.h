// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What resolver.c and resolver_wait.c, which records meet, and resolver_thread.c, which looks names
 * up, share. */

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

/* What a batch got for an id that was new to it. */
struct resolver_verdict {
    struct resolver_request request;
    bool shows; /* the answer came in time: it shows, though it is younger than the batch */
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
    uint32_t kinds; /* a bit for each that was ever looked for */
    struct resolver_memory memory[RESOLVER_KINDS];
    struct resolver_recent recent[RESOLVER_RECENT];
    /* written by the port's thread, any thread reads */
    counter hits;
    counter unresolved;
    counter dropped;
    counter waits;
    counter waits_ended;
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
    struct resolver_verdict verdicts[RESOLVER_WAITS_MAX]; /* of the batch in hand */
    uint32_t n_verdicts;
    int64_t batch_left; /* ns that the batch in hand may wait */
    int64_t credit;     /* ns that batches may wait together */
    int64_t credit_at;  /* when it was that; 0: never */
    /* any thread */
    struct waker waker;
    sem_t primed; /* posted once, by the thread */
    atomic_bool stop;
    atomic_bool answers; /* the thread takes requests */
    atomic_bool awaited; /* the consumer thread waits for an answer */
    sem_t answered;      /* posted when it does */
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

/* Queues the request, unless that was done within the last second. True: this batch has done it. */
bool resolver_ask(struct resolver_port *port, const struct resolver_request *wanted);

/* The port's id is not in the cache. Waits for the answer, if there is one to wait for and time for
 * that. True: it has come, and this batch shows it. */
bool resolver_await(struct resolver_port *port, const struct resolver_request *wanted);
/* The batch in hand has waited for the id, and has its answer. */
bool resolver_has_awaited(const struct resolver *resolver, const struct resolver_request *wanted);
/* The resolver thread, after each answer, and at the end. */
void resolver_tell_answered(struct resolver *resolver);

static inline bool resolver_is_same(const struct resolver_request *one,
                                    const struct resolver_request *other)
{
    return one->kind == other->kind && one->pid == other->pid && one->id == other->id;
}

/* Frees it, if the other holder (the owner or the thread) has let go of it, too. */
void resolver_release(struct resolver *resolver);
