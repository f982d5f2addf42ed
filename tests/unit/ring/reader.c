// SPDX-License-Identifier: Apache-2.0
/* Many rings in one reader: turns, pause, remove, lease, outcomes. */
#include "ring/reader.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ring/fake.h"

enum { RINGS = 3 };

struct fixture {
    struct fake *fakes[RINGS];
    struct ringmill_ring *rings[RINGS];
    struct ringmill_reader *reader;
    int users[RINGS];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct ringmill_reader_options options = {.size = sizeof(options), .budget_records = 8};

    assert_int_equal(ringmill_reader_new(&options, NULL, &fixture.reader), 0);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(fake_new(65536, 0, &fixture.fakes[i]), 0);
        assert_int_equal(fake_open(fixture.fakes[i], NULL, NULL, &fixture.rings[i]), 0);
        assert_int_equal(ringmill_reader_add(fixture.reader, fixture.rings[i], &fixture.users[i]),
                         0);
    }
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ringmill_reader_free(fixture->reader);
    for (int i = 0; i < RINGS; i++)
        fake_free(fixture->fakes[i]);
    return 0;
}

static void fill(struct fixture *fixture, int ring, uint64_t records)
{
    for (uint64_t i = 0; i < records; i++)
        assert_int_equal(fake_write(fixture->fakes[ring], &i, sizeof(i), 0), 0);
}

static void batches_are_of_one_ring_and_take_turns(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    int order[4];

    fill(fixture, 0, 20);
    fill(fixture, 2, 1);
    for (int i = 0; i < 4; i++) {
        assert_true(ringmill_reader_next_batch(fixture->reader, &batch) > 0);
        order[i] = (int)((int *)batch.user - fixture->users);
        assert_ptr_equal(batch.ring, fixture->rings[order[i]]);
        assert_int_equal(ringmill_ring_commit(batch.ring, batch.end), 0);
    }
    /* eight records of the hot ring are its budget; then the quiet one comes */
    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 0);
    assert_int_equal(order[3], 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
    for (int i = 0; i < RINGS; i++)
        assert_int_equal(ringmill_ring_available(fixture->rings[i]), 0);
}

static void a_paused_ring_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    fill(fixture, 1, 1);
    assert_int_equal(ringmill_reader_pause(fixture->reader, fixture->rings[1]), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
    assert_int_equal(ringmill_reader_wait(fixture->reader, ring_now() + 5000000),
                     RINGMILL_DEADLINE);
    assert_int_equal(ringmill_reader_resume(fixture->reader, fixture->rings[1]), 0);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[1]);
}

static void a_removed_ring_is_the_callers(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    struct ringmill_view view;

    fill(fixture, 0, 1);
    assert_int_equal(ringmill_reader_remove(fixture->reader, fixture->rings[0]), 0);
    assert_int_equal(ringmill_reader_remove(fixture->reader, fixture->rings[0]), -ENOENT);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
    assert_int_equal(ringmill_ring_take(fixture->rings[0], &view, 1), 1);
    assert_int_equal(ringmill_reader_add(fixture->reader, fixture->rings[0], NULL), 0);
    assert_int_equal(ringmill_reader_add(fixture->reader, fixture->rings[0], NULL), -EBUSY);
}

static void release_rewinds_what_was_not_committed(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    fill(fixture, 0, 5);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 5);
    ringmill_ring_commit(batch.ring, batch.views[2].position);
    ringmill_reader_release(fixture->reader);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 3);
    assert_int_equal(*(const uint64_t *)batch.views[0].data, 2);
}

static void a_wake_is_told_once(void **state)
{
    struct fixture *fixture = *state;

    ringmill_reader_wake(fixture->reader);
    ringmill_reader_wake(fixture->reader);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_WOKEN);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_NOW), RINGMILL_DEADLINE);
}

static void held_back_commits_do_not_hang_the_reader(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    fill(fixture, 0, 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_NOW), RINGMILL_DEADLINE);
    fill(fixture, 0, 1); /* wakes nobody: its position is not the consumer's */
    assert_int_equal(fake_wakeups(fixture->fakes[0]), 1);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
}

static void the_readiness_fd_is_rearmed_by_a_wait(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd ready = {.fd = ringmill_reader_fd(fixture->reader), .events = POLLIN};
    struct ringmill_batch batch;

    assert_int_equal(poll(&ready, 1, 0), 0);
    fill(fixture, 1, 1);
    assert_int_equal(poll(&ready, 1, 0), 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    ringmill_ring_commit(batch.ring, batch.end);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_NOW), RINGMILL_DEADLINE);
    assert_int_equal(poll(&ready, 1, 0), 0);
}

static void a_corrupt_ring_is_told_once_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    fill(fixture, 1, 1);
    fake_set_header(fixture->fakes[1], 0, 4096);
    fill(fixture, 2, 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), -EBADMSG);
    assert_int_equal(ringmill_ring_health(fixture->rings[1], NULL), -EBADMSG);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[2]);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
    assert_int_equal(ringmill_reader_wait(fixture->reader, ring_now() + 5000000),
                     RINGMILL_DEADLINE);
}

static void a_blocked_head_is_told_once(void **state)
{
    struct fixture *fixture = *state;
    void *sample;

    fixture->reader->options.busy_limit = 2000000;
    sample = fake_reserve(fixture->fakes[0], 8);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_BLOCKED);
    assert_int_equal(ringmill_reader_wait(fixture->reader, ring_now() + 5000000),
                     RINGMILL_DEADLINE);
    fake_submit(fixture->fakes[0], sample, 0);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
}

static void leaving_the_iterator_early_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;

    fill(fixture, 0, 5);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_READY);
    ringmill_reader_release(fixture->reader);
    assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_READY);
    assert_int_equal(*(const uint64_t *)view.data, 2);
}

static void closing_does_not_bring_a_finished_view_back(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;

    fill(fixture, 0, 2);
    for (uint64_t i = 0; i < 2; i++)
        assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_READY);
    ringmill_reader_close(fixture->reader);
    assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_CLOSED);
    assert_null(ringmill_reader_ring(fixture->reader));
    assert_int_equal(ringmill_ring_available(fixture->rings[0]), 0);
}

static void the_iterator_walks_all_rings(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;
    int seen[RINGS] = {0};

    for (int i = 0; i < RINGS; i++)
        fill(fixture, i, 10);
    ringmill_reader_set_deadline(fixture->reader, RINGMILL_NOW);
    while (ringmill_reader_next(fixture->reader, &view) == RINGMILL_READY)
        for (int i = 0; i < RINGS; i++)
            seen[i] += ringmill_reader_ring(fixture->reader) == fixture->rings[i];
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(seen[i], 10);
        assert_int_equal(ringmill_ring_available(fixture->rings[i]), 0);
    }
}

static void options_are_checked(void **state)
{
    struct ringmill_reader_options options = {.size = 1};
    struct ringmill_reader *reader = NULL;
    struct ringmill_error reason;

    (void)state;
    assert_int_equal(ringmill_reader_new(&options, &reason, &reader), -EINVAL);
    options = (struct ringmill_reader_options){.size = sizeof(options), .batch = 257};
    assert_int_equal(ringmill_reader_new(&options, &reason, &reader), -EINVAL);
    assert_string_equal(reason.text, "batch is 257; it must be from 1 to 256 views");
    assert_null(reader);
}

/* Answers epoll_pwait2() as an old kernel does: ENOSYS. */
static void forget_epoll_pwait2(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(steps) / sizeof(steps[0]), .filter = steps};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(1);
}

static void a_kernel_that_is_too_old_is_named(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct ringmill_reader *reader = NULL;
        struct ringmill_error reason;

        forget_epoll_pwait2();
        _exit(ringmill_reader_new(NULL, &reason, &reader) == -ENOSYS && !reader &&
                      strncmp(reason.text, "this kernel, Linux ", 19) == 0 &&
                      strstr(reason.text, ", is too old: it does not have epoll_pwait2(); Linux "
                                          "5.15 or later is needed")
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(batches_are_of_one_ring_and_take_turns),
        ROW(a_paused_ring_is_left_alone),
        ROW(a_removed_ring_is_the_callers),
        ROW(release_rewinds_what_was_not_committed),
        ROW(a_wake_is_told_once),
        ROW(held_back_commits_do_not_hang_the_reader),
        ROW(the_readiness_fd_is_rearmed_by_a_wait),
        ROW(a_corrupt_ring_is_told_once_and_left_alone),
        ROW(a_blocked_head_is_told_once),
        ROW(leaving_the_iterator_early_loses_nothing),
        ROW(closing_does_not_bring_a_finished_view_back),
        ROW(the_iterator_walks_all_rings),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(a_kernel_that_is_too_old_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
