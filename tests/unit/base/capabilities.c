// SPDX-License-Identifier: Apache-2.0

/* Each test gives up capabilities in a thread of its own, since nothing brings them back. Without
 * any to begin with, the tests hold as well: nothing is a subset of everything. */

#include "base/capabilities.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct sets {
    uint64_t effective;
    uint64_t permitted;
    uint64_t inheritable;
    uint64_t ambient;
};

static int read_sets(struct sets *ret)
{
    FILE *file = fopen("/proc/thread-self/status", "re");
    char line[256];
    int found = 0;

    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        found += sscanf(line, "CapEff: %" SCNx64, &ret->effective) == 1;
        found += sscanf(line, "CapPrm: %" SCNx64, &ret->permitted) == 1;
        found += sscanf(line, "CapInh: %" SCNx64, &ret->inheritable) == 1;
        found += sscanf(line, "CapAmb: %" SCNx64, &ret->ambient) == 1;
    }
    fclose(file);
    return found;
}

struct trial {
    int (*first)(void);
    int (*then)(void); /* NULL: nothing more */
    int results[2];
    int found[3];
    struct sets before;
    struct sets between;
    struct sets after;
};

static void *try(void *data)
{
    struct trial *trial = data;

    trial->found[0] = read_sets(&trial->before);
    trial->results[0] = trial->first();
    trial->found[1] = read_sets(&trial->between);
    trial->results[1] = trial->then ? trial->then() : 0;
    trial->found[2] = read_sets(&trial->after);
    return NULL;
}

static void run(struct trial *trial)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, try, trial), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(trial->found[i], 4);
    assert_int_equal(trial->results[0], 0);
    assert_int_equal(trial->results[1], 0);
}

static void expect_none(const struct sets *sets)
{
    assert_int_equal(sets->effective, 0);
    assert_int_equal(sets->permitted, 0);
    assert_int_equal(sets->inheritable, 0);
    assert_int_equal(sets->ambient, 0);
}

static void drop_leaves_nothing(void **state)
{
    struct trial trial = {.first = capabilities_drop};

    (void)state;
    run(&trial);
    expect_none(&trial.after);
}

static void the_loader_keeps_what_it_needs_and_had(void **state)
{
    const uint64_t needed = UINT64_C(1) << CAP_BPF | UINT64_C(1) << CAP_PERFMON |
                            UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW |
                            UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_SYS_ADMIN |
                            UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_SYS_RESOURCE;
    struct trial trial = {.first = capabilities_keep_loader};

    (void)state;
    run(&trial);
    assert_int_equal(trial.after.permitted, trial.before.permitted & needed);
    assert_int_equal(trial.after.effective, trial.after.permitted);
    assert_int_equal(trial.after.inheritable, 0);
    assert_int_equal(trial.after.ambient, 0);
}

static void twice_is_the_same(void **state)
{
    struct trial loader = {.first = capabilities_keep_loader, .then = capabilities_keep_loader};
    struct trial drop = {.first = capabilities_drop, .then = capabilities_drop};

    (void)state;
    run(&loader);
    assert_memory_equal(&loader.between, &loader.after, sizeof(loader.after));
    run(&drop);
    expect_none(&drop.after);
}

static void what_was_dropped_does_not_come_back(void **state)
{
    struct trial trial = {.first = capabilities_drop, .then = capabilities_keep_loader};

    (void)state;
    run(&trial);
    expect_none(&trial.after);
}

static void other_threads_keep_theirs(void **state)
{
    struct trial trial = {.first = capabilities_drop};
    struct sets before = {0}, after = {0};

    (void)state;
    assert_int_equal(read_sets(&before), 4);
    run(&trial);
    assert_int_equal(read_sets(&after), 4);
    assert_memory_equal(&before, &after, sizeof(after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_leaves_nothing),
        cmocka_unit_test(the_loader_keeps_what_it_needs_and_had),
        cmocka_unit_test(twice_is_the_same),
        cmocka_unit_test(what_was_dropped_does_not_come_back),
        cmocka_unit_test(other_threads_keep_theirs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
