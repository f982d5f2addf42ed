// SPDX-License-Identifier: Apache-2.0

/* The consumer thread waits for names that are new to it. While it does, its rings fill. So a batch
 * waits options.wait at the most; and all together have an account of the time that they may wait,
 * which grows by a share of the time that passes, and holds what some batches need. So a flood of
 * unknown ids takes a tenth of the time.
 *
 * An id is waited for once, by the batch that asks for it; later ones look whether the answer has
 * come. What a batch got, or did not get, it gets until its end (the verdicts), also if another of
 * its handlers asks. */

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/resolver_inside.h"

/* Symbols take their time: whole files are read. */
static bool is_quick(enum resolver_kind kind)
{
    return kind < RESOLVER_KERNEL;
}

static const struct resolver_verdict *find_verdict(const struct resolver *resolver,
                                                   const struct resolver_request *wanted)
{
    for (uint32_t i = 0; i < resolver->n_verdicts; i++)
        if (resolver_is_same(&resolver->verdicts[i].request, wanted))
            return &resolver->verdicts[i];
    return NULL;
}

bool resolver_has_awaited(const struct resolver *resolver, const struct resolver_request *wanted)
{
    const struct resolver_verdict *verdict = find_verdict(resolver, wanted);

    return verdict && verdict->shows;
}

static bool is_there(struct resolver_port *port, const struct resolver_request *wanted)
{
    struct name_entry entry;

    return name_cache_get_of(resolver_cache(port->resolver), wanted->kind, wanted->pid, wanted->id,
                             port->now, &entry);
}

/* Whoever shows one name of a new cgroup shows its others, too: they are asked for together. */
static void ask_for_siblings(struct resolver_port *port, const struct resolver_request *wanted)
{
    struct resolver_request sibling = *wanted;

    for (uint32_t kind = RESOLVER_CGROUP; kind <= RESOLVER_IMAGE; kind++) {
        sibling.kind = (enum resolver_kind)kind;
        if (kind != wanted->kind && port->kinds >> kind & 1 && !is_there(port, &sibling))
            resolver_ask(port, &sibling);
    }
}

static int64_t look_into_account(struct resolver *resolver, int64_t now)
{
    int64_t most = resolver->options.wait * RESOLVER_WAIT_SAVED;
    int64_t grown = resolver->credit + (now - resolver->credit_at) / RESOLVER_WAIT_SHARE;

    resolver->credit = resolver->credit_at == 0 || grown > most ? most : grown;
    resolver->credit_at = now;
    return resolver->credit < resolver->batch_left ? resolver->credit : resolver->batch_left;
}

/* Sleeps until the resolver thread has answered something; false: the time is over. */
static bool sleep_until_answered(struct resolver *resolver, const struct timespec *until)
{
    int r;

    while ((r = sem_clockwait(&resolver->answered, CLOCK_MONOTONIC, until)) < 0 && errno == EINTR)
        ;
    return r == 0;
}

/* The flag is set before the look, and the thread looks at it after it has answered: one of the two
 * sees the other. A post too many makes one look too many. */
static bool wait_for(struct resolver_port *port, const struct resolver_request *wanted,
                     int64_t time)
{
    struct resolver *resolver = port->resolver;
    bool found, goes_on = true;
    struct timespec until;

    clock_after(time, &until);
    for (;;) {
        atomic_store(&resolver->awaited, true);
        atomic_thread_fence(memory_order_seq_cst);
        found = is_there(port, wanted);
        if (found || !goes_on || atomic_load(&resolver->stop))
            break;
        goes_on = sleep_until_answered(resolver, &until);
    }
    atomic_store(&resolver->awaited, false);
    return found;
}

static bool wait_within_account(struct resolver_port *port, const struct resolver_request *wanted)
{
    struct resolver *resolver = port->resolver;
    int64_t start = clock_monotonic();
    int64_t time = look_into_account(resolver, start);
    bool found = false;

    counter_add(&port->waits, 1);
    if (time > 0) {
        resolver_end(port); /* wakes the thread */
        found = wait_for(port, wanted, time);
        resolver->credit_at = clock_monotonic();
        time = resolver->credit_at - start;
        resolver->credit -= time;
        resolver->batch_left -= time;
    }
    if (!found)
        counter_add(&port->waits_ended, 1);
    return found;
}

static bool may_wait(const struct resolver *resolver, const struct resolver_request *wanted)
{
    return resolver->gated && resolver->options.wait > 0 && is_quick(wanted->kind) &&
           resolver->n_verdicts < RESOLVER_WAITS_MAX;
}

bool resolver_await(struct resolver_port *port, const struct resolver_request *wanted)
{
    struct resolver *resolver = port->resolver;
    bool is_asked = resolver_ask(port, wanted);
    struct resolver_verdict *verdict;

    if (!may_wait(resolver, wanted) || find_verdict(resolver, wanted))
        return false;
    if (is_asked && resolver_is_of_cgroup(wanted->kind))
        ask_for_siblings(port, wanted);
    verdict = &resolver->verdicts[resolver->n_verdicts++];
    *verdict = (struct resolver_verdict){.request = *wanted};
    verdict->shows =
        is_asked && atomic_load(&resolver->answers) && wait_within_account(port, wanted);
    return verdict->shows;
}

void resolver_tell_answered(struct resolver *resolver)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&resolver->awaited) && atomic_exchange(&resolver->awaited, false))
        sem_post(&resolver->answered);
}
