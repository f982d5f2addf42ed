// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names of ids. Finding one out may read files, ask the network or walk a directory tree, so a
 * thread of its own does it, and whoever handles records looks into a bounded cache: what is not
 * there yet is asked for, and known the next time.
 *
 *     port ── resolver_find() ──▶ cache (slots with a sequence lock)      any number of readers
 *       │                           ▲
 *       └─ requests (a queue) ──▶ resolver thread ──▶ passwd, group, /sys/fs/cgroup, ELF files
 *
 * A user, group or cgroup that has not been looked up before is worth a moment: the consumer thread
 * waits for its answer (resolver_wait.c), so that the first event of a new one has its name. Such
 * waits have a common account, so that many unknown ids hold up nothing.
 *
 * So that the first records have names, too, the thread begins with what this machine has at hand:
 * its cgroups, the users and groups of its own files, and those of the processes that run.
 *
 * A name that was found is looked up again when it is older than `keep`, and goes on being given
 * meanwhile; so is an id without a name when it is older than `retry`. A cgroup's id is never used
 * again and its directory never renamed, so its path stays. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum resolver_kind {
    RESOLVER_UID,    /* user name */
    RESOLVER_GID,    /* group name */
    RESOLVER_CGROUP, /* "/system.slice/cron.service"; the root is "/" */
    /* also of the id of a cgroup; in the order of enum container_name (base/container_names.h) */
    RESOLVER_CONTAINER_FIRST,
    RESOLVER_RUNTIME = RESOLVER_CONTAINER_FIRST,
    RESOLVER_CONTAINER_ID,
    RESOLVER_POD_UID,
    RESOLVER_UNIT,
    RESOLVER_USER_UNIT,
    RESOLVER_SLICE,
    RESOLVER_POD,
    RESOLVER_NAMESPACE,
    RESOLVER_CONTAINER,
    RESOLVER_IMAGE,
    RESOLVER_KERNEL, /* an address of the kernel: "vfs_read+0x1f" */
    RESOLVER_USER,   /* an address of a process: "main+0x1f (cat)" */
    RESOLVER_KINDS,
};

/* Whether the id is that of a cgroup. */
static inline bool resolver_is_of_cgroup(enum resolver_kind kind)
{
    return kind >= RESOLVER_CGROUP && kind <= RESOLVER_IMAGE;
}

enum {
    RESOLVER_NAMES_MAX = 4096,  /* names that are kept at a time, by default */
    RESOLVER_NAME_MAX = 496,    /* bytes of one; a longer one is not known */
    RESOLVER_REQUESTS_MAX = 64, /* of one port that wait at a time */
    RESOLVER_KEEP_S = 60,
    RESOLVER_RETRY_S = 10,
    RESOLVER_CONTAINER_S = 1, /* a container whose files say nothing is looked up again after that:
                                 some are written after its first program has begun */
    RESOLVER_SYMBOLS_S = 10,  /* an unknown address makes it read the kernel's symbols again, after
                                 that time: modules and programs come and go */
    RESOLVER_USER_S = 5,      /* an address of a process is looked up again after that, known or
                                 not: its number may be another one's, or run another program */
    RESOLVER_PRIME_MS = 1000, /* how long a start waits for the names that are at hand */
    RESOLVER_WAIT_MS = 10,    /* how long a batch waits for new names at the most */
    RESOLVER_WAIT_SHARE = 10, /* and all batches together: this part of the time, of which is */
    RESOLVER_WAIT_SAVED = 10, /* saved what so many batches may wait */
    RESOLVER_WAITS_MAX = 64,  /* new ids of a batch that are waited for */
};

struct resolver_options {
    uint32_t names;      /* 0: RESOLVER_NAMES_MAX; rounded up to a power of two */
    int64_t keep;        /* ns; 0: RESOLVER_KEEP_S */
    int64_t retry;       /* ns; 0: RESOLVER_RETRY_S */
    int64_t wait;        /* ns, of a batch; 0: RESOLVER_WAIT_MS; below 0: none waits */
    const char *symbols; /* borrowed; NULL: /proc/kallsyms. Opened by resolver_new() */
    const char *cgroups; /* root of the cgroup tree, borrowed; NULL: where this machine has it */
    const char *files;   /* put before the paths of container runtimes' files, borrowed; NULL: "" */
    /* What finds a name out, on the resolver thread: writes it to name, which has room for
     * RESOLVER_NAME_MAX bytes and is not NUL-ended, and returns its length; -ENOENT: there is none;
     * another errno: it could not be found out now. NULL: the system's. */
    int (*look_up)(void *data, enum resolver_kind kind, uint64_t id, char *name);
    void *data;
};

struct cgroups;
struct resolver;
struct resolver_port;

/* Tells of cgroups as they are made and removed. read and close are called by the resolver thread,
 * or by resolver_free() when there is none. */
struct cgroup_feed {
    int fd; /* readable when there is something to read */
    /* Enters all there is, and never waits. Returns how many were lost since the last call. */
    uint64_t (*read)(void *data, struct cgroups *cgroups);
    void (*close)(void *data);
    void *data;
};

/* bytes are not NUL-ended, and not checked to be UTF-8. */
struct resolver_name {
    const char *bytes;
    uint32_t length;
};

/* Cheap: memory is taken when the first port joins. NULL: out of memory. options may be NULL. */
struct resolver *resolver_new(const struct resolver_options *options);
/* After resolver_stop() and after all ports have left. Accepts NULL. */
void resolver_free(struct resolver *resolver);
DEFINE_CLEANUP(struct resolver, resolver_free);

/* Somebody has joined, and names are not given, so the thread is needed. */
bool resolver_wanted(struct resolver *resolver);
/* It was started, and not stopped. On the thread that starts it. */
bool resolver_runs(const struct resolver *resolver);
/* Starts the thread, which inherits the caller's capabilities and needs none. 0 or -errno. */
int resolver_start(struct resolver *resolver);
/* Waits until the names that are at hand are known, RESOLVER_PRIME_MS at the most. The caller of
 * resolver_start(), after it; without a thread: does nothing. */
void resolver_wait(struct resolver *resolver);
/* Ends it. A lookup that hangs is waited for a moment only; then the thread is left to itself, and
 * with it the resolver's memory. Without a thread: does nothing. */
void resolver_stop(struct resolver *resolver);

/* Any thread: makes a port, which belongs to one thread at a time. 0 or -ENOMEM. */
int resolver_join(struct resolver *resolver, struct resolver_port **ret);

/* Any thread: frees a port; accepts NULL. */
void resolver_leave(struct resolver_port *port);

/* Before one or more calls of resolver_find(), such as those of a batch: reads the clock. */
void resolver_begin(struct resolver_port *port);

/* After them: wakes the resolver thread if a name was asked for, which is the only system call. */
void resolver_end(struct resolver_port *port);

/* False: not known (yet). The name is the port's, until the next call. Waits for a new id of a
 * user, group or cgroup, as RESOLVER_WAIT_MS and RESOLVER_WAIT_SHARE allow; only on the thread that
 * calls resolver_turn(). */
bool resolver_find(struct resolver_port *port, enum resolver_kind kind, uint64_t id,
                   struct resolver_name *ret);

/* The same of an address in the process or thread of that number. */
bool resolver_find_user(struct resolver_port *port, uint32_t pid, uint64_t address,
                        struct resolver_name *ret);

/* Setup thread, with the capabilities of that: addresses of processes will be looked up, which
 * takes a thread with CAP_SYS_PTRACE; without one they stay unknown. More calls do nothing. */
void resolver_want_users(struct resolver *resolver);

/* Setup thread: names of cgroups will be looked up, so that whoever can should call
 * resolver_watch_cgroups() (source/cgroup_watch.h). More calls do nothing. */
void resolver_want_cgroups(struct resolver *resolver);
/* The loader thread: they are wanted, not given, and nobody has called resolver_watch_cgroups(). */
bool resolver_lacks_watch(struct resolver *resolver);
/* The loader thread, once: from now on the feed, which is copied, belongs to the resolver. 0, or
 * -ENOMEM and it stays the caller's. */
int resolver_watch_cgroups(struct resolver *resolver, const struct cgroup_feed *feed);

/* The consumer thread, before each batch: what is found out from now on shows from the next batch
 * on, unless the batch waits for it. So all who look while one batch is in hand get the same
 * answer. Before the first call answers show at once, and nobody waits. Accepts NULL. */
void resolver_turn(struct resolver *resolver);

/* Instead of resolver_start(): nothing is looked up, all names are given. Before ports are used. */
void resolver_set_given(struct resolver *resolver);

/* Whether resolver_set_given() was called. */
bool resolver_is_given(const struct resolver *resolver);
/* Consumer thread, of a resolver whose names are given: what the id is called from now on, at most
 * RESOLVER_NAME_MAX bytes; name NULL: it has none. The path of a cgroup also gives what it says of
 * its container and unit. Such a resolver has no thread, so the cache
 * still has one writer. */
void resolver_give(struct resolver *resolver, enum resolver_kind kind, uint64_t id,
                   const char *name, uint32_t length);
/* The same of an address in a process. */
void resolver_give_user(struct resolver *resolver, uint32_t pid, uint64_t address, const char *name,
                        uint32_t length);

struct resolver_counts {
    uint64_t hits;            /* finds that gave a name */
    uint64_t unresolved;      /* finds that did not */
    uint64_t dropped;         /* requests that found the queue full */
    uint64_t waits;           /* ids that a batch waited for */
    uint64_t waits_ended;     /* of those: it went on without an answer */
    uint64_t evicted;         /* names that made room for others */
    uint64_t names;           /* that are kept now, ids that are known to have none included */
    uint64_t cgroups;         /* whose paths are kept now, removed ones included */
    uint64_t cgroups_dropped; /* that were not kept, because there was no room */
    uint64_t cgroups_lost;    /* makings and removals that the kernel could not report */
};

/* Any thread. */
void resolver_count(struct resolver *resolver, struct resolver_counts *ret);
