// SPDX-License-Identifier: Apache-2.0

/* A lookup of the test's own says what is asked for and when it answers. */

#include "base/resolver.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cgroups.h"

struct oracle {
    _Atomic uint32_t asked;
    _Atomic uint32_t answers; /* changes what is answered */
    _Atomic int error;        /* 0: it answers */
    pthread_mutex_t held;     /* while a test holds it, no answer comes */
};

/* Ids of 1000 and above have no name. */
static int consult(void *data, enum resolver_kind kind, uint64_t id, char *name)
{
    struct oracle *oracle = data;
    char text[64];
    int length = snprintf(text, sizeof(text), "%d-%" PRIu64 "-%u", (int)kind, id,
                          atomic_load(&oracle->answers));

    pthread_mutex_lock(&oracle->held);
    pthread_mutex_unlock(&oracle->held);
    atomic_fetch_add(&oracle->asked, 1);
    if (atomic_load(&oracle->error))
        return atomic_load(&oracle->error);
    if (id >= 1000)
        return -ENOENT;
    memcpy(name, text, (size_t)length);
    return length;
}

static void nap(void)
{
    const struct timespec time = {.tv_nsec = 1000000};

    nanosleep(&time, NULL);
}

/* One find as a batch of its own. */
static bool find(struct resolver_port *port, enum resolver_kind kind, uint64_t id, char *ret)
{
    struct resolver_name name;
    bool found;

    resolver_begin(port);
    found = resolver_find(port, kind, id, &name);
    resolver_end(port);
    if (found)
        sprintf(ret, "%.*s", (int)name.length, name.bytes);
    return found;
}

/* Until it has the name; the test's own time limit ends what never comes. */
static void await(struct resolver_port *port, enum resolver_kind kind, uint64_t id,
                  const char *expected)
{
    char name[RESOLVER_NAME_MAX + 1] = "";

    while (!find(port, kind, id, name) || strcmp(name, expected) != 0)
        nap();
}

static void await_in_turns(struct resolver *resolver, struct resolver_port *port, uint64_t id,
                           const char *expected)
{
    char name[RESOLVER_NAME_MAX + 1] = "";

    while (!find(port, RESOLVER_UID, id, name) || strcmp(name, expected) != 0) {
        nap();
        resolver_turn(resolver);
    }
}

static struct resolver *start(struct oracle *oracle, uint32_t names, int64_t keep, int64_t retry)
{
    const struct resolver_options options = {
        .names = names, .keep = keep, .retry = retry, .look_up = consult, .data = oracle};
    struct resolver *resolver = resolver_new(&options);

    *oracle = (struct oracle){.held = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(resolver_start(resolver), 0);
    return resolver;
}

static void misses_then_hits(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 0, 0, 0);
    struct resolver_port *port;
    struct resolver_counts counts;
    char name[64];

    (void)state;
    assert_false(resolver_wanted(resolver));
    assert_int_equal(resolver_join(resolver, &port), 0);
    assert_true(resolver_wanted(resolver));
    pthread_mutex_lock(&oracle.held);
    assert_false(find(port, RESOLVER_UID, 7, name));
    assert_false(find(port, RESOLVER_UID, 7, name)); /* is not asked for twice */
    pthread_mutex_unlock(&oracle.held);
    await(port, RESOLVER_UID, 7, "0-7-0");
    await(port, RESOLVER_GID, 7, "1-7-0");
    await(port, RESOLVER_CGROUP, 7, "2-7-0");
    assert_true(find(port, RESOLVER_UID, 7, name));
    assert_int_equal(atomic_load(&oracle.asked), 3);
    resolver_count(resolver, &counts);
    assert_int_equal(counts.names, 3);
    assert_int_equal(counts.dropped, 0);
    assert_true(counts.hits >= 4);
    assert_true(counts.unresolved >= 2);

    resolver_leave(port);
    resolver_count(resolver, &counts); /* are kept */
    assert_true(counts.hits >= 4);
    assert_false(resolver_wanted(resolver));
    resolver_stop(resolver);
    resolver_free(resolver);
    resolver_leave(NULL);
    resolver_stop(NULL);
    resolver_free(NULL);
}

/* What has no name is asked for again only when `retry` has passed. */
static void negative_answers(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 0, 0, INT64_C(3600) * 1000000000);
    struct resolver_port *port;
    char name[64];

    (void)state;
    assert_int_equal(resolver_join(resolver, &port), 0);
    assert_false(find(port, RESOLVER_UID, 1000, name));
    while (atomic_load(&oracle.asked) == 0)
        nap();
    await(port, RESOLVER_UID, 1, "0-1-0"); /* so the answer is in */
    for (int i = 0; i < 1000; i++)
        assert_false(find(port, RESOLVER_UID, 1000, name));
    await(port, RESOLVER_UID, 2, "0-2-0");
    assert_int_equal(atomic_load(&oracle.asked), 3);
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* An old name is given until there is a new one, and stays when nothing can be found out. */
static void names_change(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 0, 1, 1);
    struct resolver_port *port;
    uint32_t asked;
    char name[64];

    (void)state;
    assert_int_equal(resolver_join(resolver, &port), 0);
    await(port, RESOLVER_UID, 7, "0-7-0");
    atomic_store(&oracle.answers, 1);
    await(port, RESOLVER_UID, 7, "0-7-1");
    atomic_store(&oracle.error, -EIO);
    asked = atomic_load(&oracle.asked);
    while (atomic_load(&oracle.asked) == asked) {
        assert_true(find(port, RESOLVER_UID, 7, name));
        nap();
    }
    assert_true(find(port, RESOLVER_UID, 7, name));
    assert_string_equal(name, "0-7-1");
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* More questions than there are places: the rest is dropped, counted, and asked again later. */
static void queue_is_bounded(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 0, 0, 0);
    struct resolver_port *port;
    struct resolver_counts counts;
    char expected[64], name[64];

    (void)state;
    assert_int_equal(resolver_join(resolver, &port), 0);
    pthread_mutex_lock(&oracle.held);
    for (uint64_t id = 0; id < 1000; id++)
        assert_false(find(port, RESOLVER_GID, id, name));
    resolver_count(resolver, &counts);
    assert_true(counts.dropped >= 1000 - 3 * RESOLVER_REQUESTS_MAX);
    assert_true(counts.unresolved == 1000);
    pthread_mutex_unlock(&oracle.held);
    for (uint64_t id = 0; id < 1000; id++) {
        sprintf(expected, "1-%" PRIu64 "-0", id);
        await(port, RESOLVER_GID, id, expected);
    }
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
}

static void evictions(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 8, 0, 0);
    struct resolver_port *port;
    struct resolver_counts counts;
    char expected[64];

    (void)state;
    assert_int_equal(resolver_join(resolver, &port), 0);
    for (uint64_t id = 0; id < 100; id++) {
        sprintf(expected, "0-%" PRIu64 "-0", id);
        await(port, RESOLVER_UID, id, expected);
    }
    resolver_count(resolver, &counts);
    assert_true(counts.names <= 8);
    assert_int_equal(counts.evicted + counts.names, 100);
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* A lookup that hangs does not hold up the end. */
static void hanging_lookup(void **state)
{
    static struct oracle oracle; /* outlives the test: the thread still has it */
    struct resolver *resolver = start(&oracle, 0, 0, 0);
    struct resolver_port *port;
    char name[64];

    (void)state;
    assert_int_equal(resolver_join(resolver, &port), 0);
    pthread_mutex_lock(&oracle.held);
    assert_false(find(port, RESOLVER_UID, 7, name));
    nap();
    resolver_stop(resolver);
    resolver_leave(port);
    resolver_free(resolver);
    pthread_mutex_unlock(&oracle.held); /* now it ends, and frees what it has */
    for (int i = 0; i < 100; i++)
        nap();
}

static void make(const char *root, const char *path)
{
    char whole[128];

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    assert_int_equal(mkdir(whole, 0755), 0);
}

static uint64_t inode(const char *root, const char *path)
{
    char whole[128];
    struct stat info;

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    assert_int_equal(stat(whole, &info), 0);
    return info.st_ino;
}

/* The system's own lookups, on a tree of the test's. One walk learns of all cgroups. */
static void system_names(void **state)
{
    char root[] = "/tmp/resolver.XXXXXX", command[64], name[64];
    const struct resolver_options options = {.cgroups = root};
    struct resolver *resolver = resolver_new(&options);
    struct resolver_port *port;

    (void)state;
    assert_non_null(mkdtemp(root));
    make(root, "/a.slice");
    make(root, "/a.slice/b.service");
    assert_int_equal(resolver_start(resolver), 0);
    assert_int_equal(resolver_join(resolver, &port), 0);
    await(port, RESOLVER_UID, 0, "root");
    await(port, RESOLVER_GID, 0, "root");
    await(port, RESOLVER_CGROUP, inode(root, "/a.slice/b.service"), "/a.slice/b.service");
    assert_true(find(port, RESOLVER_CGROUP, inode(root, "/a.slice"), name));
    assert_string_equal(name, "/a.slice");
    assert_true(find(port, RESOLVER_CGROUP, inode(root, ""), name));
    assert_string_equal(name, "/");
    assert_false(find(port, RESOLVER_CGROUP, UINT64_MAX, name));
    make(root, "/c.slice");
    await(port, RESOLVER_CGROUP, inode(root, "/c.slice"), "/c.slice");
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
    snprintf(command, sizeof(command), "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

/* Without having been asked for: what is at hand when the thread begins. */
static void knows_what_is_at_hand(void **state)
{
    char root[] = "/tmp/resolver.XXXXXX", command[64], name[64];
    const struct resolver_options options = {.cgroups = root};
    struct resolver *resolver = resolver_new(&options);
    struct resolver_port *port;

    (void)state;
    assert_non_null(mkdtemp(root));
    make(root, "/a.slice");
    assert_int_equal(resolver_join(resolver, &port), 0);
    resolver_wait(resolver); /* nothing runs yet */
    assert_int_equal(resolver_start(resolver), 0);
    resolver_wait(resolver);
    assert_true(find(port, RESOLVER_CGROUP, inode(root, "/a.slice"), name));
    assert_string_equal(name, "/a.slice");
    assert_true(find(port, RESOLVER_UID, 0, name));
    assert_string_equal(name, "root");
    assert_true(find(port, RESOLVER_GID, 0, name));
    assert_string_equal(name, "root");
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
    snprintf(command, sizeof(command), "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

/* A report of what is made, as source/cgroup_watch.c gives it. */
struct report {
    int fd;
    uint64_t root;
    _Atomic uint64_t next; /* of a cgroup that is made at the next reading, and removed again */
    bool closed;
};

#define CONTAINER_OF_REPORT \
    "docker-3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778.scope"

static uint64_t report_read(void *data, struct cgroups *cgroups)
{
    struct report *report = data;
    uint64_t next = atomic_exchange(&report->next, 0), count;
    bool rang = read(report->fd, &count, sizeof(count)) == sizeof(count);

    (void)rang;
    if (next == 0)
        return 0;
    cgroups_make(cgroups, next, report->root, "made.slice", 10);
    cgroups_make(cgroups, next + 1, next, CONTAINER_OF_REPORT, strlen(CONTAINER_OF_REPORT));
    cgroups_remove(cgroups, next + 1);
    cgroups_remove(cgroups, next);
    return 0;
}

static void report_close(void *data)
{
    ((struct report *)data)->closed = true;
}

/* What is reported needs no tree: it is gone when somebody asks. */
static void reported_cgroups(void **state)
{
    char root[] = "/tmp/resolver.XXXXXX", name[RESOLVER_NAME_MAX];
    const struct resolver_options options = {.cgroups = root, .files = root};
    struct resolver *resolver = resolver_new(&options);
    struct report report = {.fd = eventfd(0, EFD_NONBLOCK)};
    const struct cgroup_feed feed = {report.fd, report_read, report_close, &report};
    struct resolver_port *port;
    struct resolver_counts counts;
    uint64_t one = 1;

    (void)state;
    assert_non_null(mkdtemp(root));
    report.root = inode(root, "");
    assert_false(resolver_lacks_watch(resolver));
    resolver_want_cgroups(resolver);
    assert_true(resolver_lacks_watch(resolver));
    assert_int_equal(resolver_watch_cgroups(resolver, &feed), 0);
    assert_false(resolver_lacks_watch(resolver));
    assert_int_equal(resolver_join(resolver, &port), 0);
    assert_int_equal(resolver_start(resolver), 0);
    resolver_wait(resolver);
    atomic_store(&report.next, 1000000);
    assert_int_equal(write(report.fd, &one, sizeof(one)), sizeof(one));
    await(port, RESOLVER_CGROUP, 1000001, "/made.slice/" CONTAINER_OF_REPORT);
    await(port, RESOLVER_CGROUP, 1000000, "/made.slice");
    await(port, RESOLVER_CONTAINER_ID, 1000001,
          "3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778");
    await(port, RESOLVER_RUNTIME, 1000001, "docker");
    await(port, RESOLVER_SLICE, 1000001, "made.slice");
    assert_false(find(port, RESOLVER_CONTAINER, 1000001, name)); /* no file says */
    assert_false(find(port, RESOLVER_CONTAINER_ID, 1000000, name));
    resolver_count(resolver, &counts);
    assert_int_equal(counts.cgroups, 3);
    assert_int_equal(counts.cgroups_dropped, 0);
    assert_int_equal(counts.cgroups_lost, 0);
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
    assert_true(report.closed);
    close(report.fd);
    assert_int_equal(rmdir(root), 0);
}

/* ---- several consumers ----------------------------------------------------------------------- */

struct reader {
    struct resolver *resolver;
    struct resolver_port *port;
    pthread_t thread;
    uint64_t hits;
    uint64_t wrong;
};

/* Names of 200 ids in a cache of 64; what is given is always the id's own. */
static void *read_names(void *data)
{
    struct reader *reader = data;

    for (uint64_t i = 0; i < 50000; i++) {
        uint64_t id = i * 31 % 200;
        struct resolver_name name;
        char expected[64];

        resolver_begin(reader->port);
        for (int again = 0; again < 2; again++)
            if (resolver_find(reader->port, RESOLVER_UID, id, &name)) {
                int length = sprintf(expected, "0-%" PRIu64 "-", id);

                reader->hits++;
                reader->wrong += name.length <= (uint32_t)length ||
                                 memcmp(name.bytes, expected, (size_t)length) != 0;
            }
        resolver_end(reader->port);
    }
    return NULL;
}

static void many_readers(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 64, 1, 1);
    struct reader readers[3];
    uint64_t hits = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        readers[i] = (struct reader){.resolver = resolver};
        assert_int_equal(resolver_join(resolver, &readers[i].port), 0);
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_names, &readers[i]), 0);
    }
    for (int i = 0; i < 100; i++) {
        atomic_store(&oracle.answers, (uint32_t)i);
        nap();
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].wrong, 0);
        hits += readers[i].hits;
        resolver_leave(readers[i].port);
    }
    print_message("%" PRIu64 " hits\n", hits);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* What is found out while a batch is in hand shows in the next one, to all who ask. */
static void a_batch_sees_one_state(void **state)
{
    struct oracle oracle;
    struct resolver *resolver = start(&oracle, 0, 0, 0);
    struct resolver_counts counts = {0};
    struct resolver_port *one, *other;
    char name[RESOLVER_NAME_MAX + 1] = "";

    (void)state;
    resolver_turn(NULL);
    assert_int_equal(resolver_join(resolver, &one), 0);
    assert_int_equal(resolver_join(resolver, &other), 0);
    resolver_turn(resolver);
    pthread_mutex_lock(&oracle.held);
    assert_false(find(one, RESOLVER_UID, 7, name)); /* in the time that a batch waits */
    pthread_mutex_unlock(&oracle.held);
    while (counts.names == 0) {
        resolver_count(resolver, &counts);
        nap();
    }
    assert_false(find(one, RESOLVER_UID, 7, name));
    assert_false(find(other, RESOLVER_UID, 7, name));
    resolver_turn(resolver);
    assert_true(find(one, RESOLVER_UID, 7, name));
    assert_true(find(other, RESOLVER_UID, 7, name));
    assert_string_equal(name, "0-7-0");
    resolver_leave(one);
    resolver_leave(other);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* Answers that come while a batch waits show at once, also that there is no name. */
static void new_ids_are_waited_for(void **state)
{
    const struct resolver_options options = {
        .wait = INT64_C(600) * 1000000000, .look_up = consult, .data = &(struct oracle){0}};
    struct oracle *oracle = options.data;
    struct resolver *resolver = resolver_new(&options);
    struct resolver_port *one, *other;
    struct resolver_counts counts;
    char name[RESOLVER_NAME_MAX + 1] = "";

    (void)state;
    pthread_mutex_init(&oracle->held, NULL);
    assert_int_equal(resolver_join(resolver, &one), 0);
    assert_int_equal(resolver_join(resolver, &other), 0);
    assert_int_equal(resolver_start(resolver), 0);
    resolver_wait(resolver);
    await(one, RESOLVER_UID, 1, "0-1-0"); /* the thread answers from now on */
    resolver_turn(resolver);
    for (uint64_t id = 2; id < 2 + RESOLVER_WAITS_MAX; id++) {
        assert_true(find(one, RESOLVER_UID, id, name));
        assert_true(find(other, RESOLVER_UID, id, name));
    }
    assert_false(find(one, RESOLVER_UID, 90, name)); /* a batch has no more waits than that */
    resolver_turn(resolver);
    assert_false(find(one, RESOLVER_GID, 1000, name));
    assert_false(find(other, RESOLVER_GID, 1000, name));
    assert_true(find(one, RESOLVER_CGROUP, 5, name));
    assert_string_equal(name, "2-5-0");
    assert_true(find(one, RESOLVER_POD, 5, name));
    resolver_count(resolver, &counts);
    assert_int_equal(counts.waits, RESOLVER_WAITS_MAX + 3);
    assert_int_equal(counts.waits_ended, 0);
    resolver_leave(one);
    resolver_leave(other);
    resolver_stop(resolver);
    resolver_free(resolver);
}

/* A flood of ids whose names do not come holds batches up for a part of the time only; and what a
 * batch did not get it gets in none of its events. */
static void waits_are_bounded(void **state)
{
    enum { IDS = 400 };
    const struct resolver_options options = {
        .wait = 100000000, .look_up = consult, .data = &(struct oracle){0}};
    struct oracle *oracle = options.data;
    struct resolver *resolver = resolver_new(&options);
    struct resolver_counts counts;
    struct resolver_port *port;
    time_t begun = time(NULL);
    char name[RESOLVER_NAME_MAX + 1] = "";

    (void)state;
    pthread_mutex_init(&oracle->held, NULL);
    assert_int_equal(resolver_join(resolver, &port), 0);
    assert_int_equal(resolver_start(resolver), 0);
    await(port, RESOLVER_UID, 1, "0-1-0");
    pthread_mutex_lock(&oracle->held);
    for (uint64_t id = 100; id < 100 + IDS; id++) {
        resolver_turn(resolver);
        assert_false(find(port, RESOLVER_UID, id, name));
        assert_false(find(port, RESOLVER_UID, id, name));
    }
    assert_true(time(NULL) - begun < IDS / 10 / 2); /* all waits of full length: IDS / 10 s */
    pthread_mutex_unlock(&oracle->held);
    resolver_count(resolver, &counts);
    assert_true(counts.waits > 0 && counts.waits <= IDS);
    assert_int_equal(counts.waits, counts.waits_ended);
    await_in_turns(resolver, port, 100, "0-100-0");
    resolver_leave(port);
    resolver_stop(resolver);
    resolver_free(resolver);
}

static void names_that_are_given(void **state)
{
    struct resolver *resolver = resolver_new(NULL);
    struct resolver_port *port;
    char name[RESOLVER_NAME_MAX + 1] = "";

    (void)state;
    assert_false(resolver_is_given(resolver));
    resolver_set_given(resolver);
    assert_true(resolver_is_given(resolver));
    resolver_give(resolver, RESOLVER_UID, 0, "nobody asks", 11);
    assert_int_equal(resolver_join(resolver, &port), 0);
    assert_false(resolver_wanted(resolver));
    resolver_turn(resolver);
    assert_false(find(port, RESOLVER_UID, 0, name)); /* and nobody is asked */
    resolver_give(resolver, RESOLVER_UID, 0, "toor", 4);
    assert_true(find(port, RESOLVER_UID, 0, name));
    assert_string_equal(name, "toor");
    assert_false(find(port, RESOLVER_GID, 0, name));
    resolver_give(resolver, RESOLVER_UID, 0, "root", 4);
    assert_true(find(port, RESOLVER_UID, 0, name));
    assert_string_equal(name, "root");
    resolver_give(resolver, RESOLVER_UID, 0, NULL, 0);
    assert_false(find(port, RESOLVER_UID, 0, name));
    resolver_give(resolver, RESOLVER_CGROUP, 5, "/system.slice/cron.service", 26);
    assert_true(find(port, RESOLVER_UNIT, 5, name)); /* the path says it */
    assert_memory_equal(name, "cron.service", 12);
    assert_false(find(port, RESOLVER_CONTAINER_ID, 5, name));
    resolver_leave(port);
    resolver_free(resolver);
}

static atomic_bool turns;

static void *turn(void *data)
{
    while (atomic_load_explicit(&turns, memory_order_relaxed))
        resolver_turn(data);
    return NULL;
}

/* A reload brings the first names while records are handled. */
static void the_first_port_comes_late(void **state)
{
    struct resolver *resolver = resolver_new(NULL);
    struct resolver_port *port;
    pthread_t thread;

    (void)state;
    atomic_store(&turns, true);
    assert_int_equal(pthread_create(&thread, NULL, turn, resolver), 0);
    nap();
    assert_int_equal(resolver_join(resolver, &port), 0);
    nap();
    atomic_store(&turns, false);
    pthread_join(thread, NULL);
    resolver_leave(port);
    resolver_free(resolver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_then_hits),
        cmocka_unit_test(negative_answers),
        cmocka_unit_test(names_change),
        cmocka_unit_test(queue_is_bounded),
        cmocka_unit_test(evictions),
        cmocka_unit_test(hanging_lookup),
        cmocka_unit_test(system_names),
        cmocka_unit_test(knows_what_is_at_hand),
        cmocka_unit_test(reported_cgroups),
        cmocka_unit_test(many_readers),
        cmocka_unit_test(a_batch_sees_one_state),
        cmocka_unit_test(new_ids_are_waited_for),
        cmocka_unit_test(waits_are_bounded),
        cmocka_unit_test(names_that_are_given),
        cmocka_unit_test(the_first_port_comes_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
