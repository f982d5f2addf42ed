// SPDX-License-Identifier: Apache-2.0
/* What only a real ring can show: checks at open, the lock by map id, holders, naps at speed. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ring/holder.h"
#include "ring/ring.h"
#include "ring/source.h"

static void real_maps_of_other_types_are_refused(void **state)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "numbers", 4, 4, 1, NULL);
    struct ringmill_error reason;
    struct ringmill_reader *reader;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ringmill_open(fd, &reason, &reader), -EINVAL);
    assert_non_null(strstr(reason.text, "(numbers) is of type 2, not a BPF ring buffer (type 27)"));
    close(fd);
    assert_int_equal(ringmill_open(0, &reason, &reader), -EINVAL);
    assert_non_null(strstr(reason.text, "fd 0 is not a BPF map"));
}

static void real_rings_have_one_consumer(void **state)
{
    struct source *source = source_new(true, 4096, 0);
    struct ringmill_ring *ring = source_open(source), *second;
    struct ringmill_ring_options options = {.size = sizeof(options),
                                            .flags = RINGMILL_RING_OBSERVE};
    struct ringmill_error reason;

    (void)state;
    assert_int_equal(ringmill_ring_open(source_map_fd(source), NULL, &reason, &second), -EBUSY);
    assert_non_null(strstr(reason.text, "already has a consumer: process "));
    assert_int_equal(ringmill_ring_open(source_map_fd(source), &options, &reason, &second), 0);
    ringmill_ring_free(second);
    ringmill_ring_free(ring);
    source_free(source);
}

static const struct holder *find(const struct holders *holders, pid_t pid)
{
    for (size_t i = 0; i < holders->count; i++)
        if (holders->list[i].pid == pid)
            return &holders->list[i];
    return NULL;
}

static void real_holders_are_found(void **state)
{
    struct source *source = source_new(true, 4096, 0);
    struct ringmill_ring *ring = source_open(source);
    uint32_t id = ringmill_ring_id(ring);
    struct holders holders;

    (void)state;
    assert_int_equal(holder_find(id, &holders), 0);
    assert_true(holders.certain);
    assert_non_null(find(&holders, getpid()));
    assert_int_equal(find(&holders, getpid())->kind, HOLDER_CONSUMES);
    assert_string_equal(find(&holders, getpid())->comm, "ring-real");
    assert_int_equal(holder_find_possible(id, &holders), 0);
    assert_false(holders.certain);
    assert_int_equal(find(&holders, getpid())->kind, HOLDER_POSSIBLE);
    assert_int_equal(holder_find(id + 100000, &holders), 0);
    assert_int_equal(holders.count, 0);
    ringmill_ring_free(ring);
    source_free(source);
}

static void real_rings_can_be_observed(void **state)
{
    struct source *source = source_new(true, 4096, 0);
    struct ringmill_ring_options options = {.size = sizeof(options),
                                            .flags = RINGMILL_RING_OBSERVE};
    struct ringmill_ring *ring = source_open(source), *observer;
    struct ringmill_sight sight;
    struct holders holders;

    (void)state;
    assert_int_equal(ringmill_ring_open(source_map_fd(source), &options, NULL, &observer), 0);
    for (uint64_t i = 0; i < 10; i++)
        assert_true(source_write(source, &i, sizeof(i), 0));
    assert_int_equal(ringmill_ring_observe(observer, &sight), 0);
    assert_int_equal(sight.records, 10);
    assert_int_equal(sight.fill, 160);
    ringmill_ring_free(ring);
    assert_int_equal(holder_find(ringmill_ring_id(observer), &holders), 0);
    assert_int_equal(find(&holders, getpid())->kind, HOLDER_OBSERVES);
    ringmill_ring_free(observer);
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_maps_of_other_types_are_refused),
        cmocka_unit_test(real_rings_have_one_consumer),
        cmocka_unit_test(real_holders_are_found),
        cmocka_unit_test(real_rings_can_be_observed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
