// SPDX-License-Identifier: Apache-2.0

/* A read returns when the program has written a page of text, at the end, or after a million
 * elements, when the kernel wants to be asked again (EAGAIN). */

#include "source/iteration.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

enum { TEXT_BYTES = 4096, NAME_BYTES = 256 };

struct iteration {
    /* immutable after iteration_start() */
    struct bpf_link *link;
    char name[NAME_BYTES]; /* for messages */
    int64_t every;
    int stop_fd;
    pthread_t thread;

    /* owned by the thread */
    bool failed; /* which was reported */
};

/* False: the thread has to stop. */
static bool sleep_until(const struct iteration *iteration, int64_t then)
{
    struct pollfd stop = {.fd = iteration->stop_fd, .events = POLLIN};
    struct timespec time;
    int64_t left;
    int n;

    do {
        left = then - clock_monotonic();
        left = left > 0 ? left : 0;
        time = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        n = ppoll(&stop, 1, &time, NULL);
    } while (n < 0 && errno == EINTR);
    return n == 0;
}

/* 0, or -errno. */
static int run_once(const struct iteration *iteration)
{
    _cleanup_(cleanup_close) int fd = bpf_iter_create(bpf_link__fd(iteration->link));
    char text[TEXT_BYTES];
    ssize_t n;

    if (fd < 0)
        return -errno;
    do
        n = read(fd, text, sizeof(text));
    while ((n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) && sleep_until(iteration, 0));
    return n < 0 ? -errno : 0;
}

int iteration_run(const struct bpf_link *link)
{
    _cleanup_(cleanup_close) int fd = bpf_iter_create(bpf_link__fd(link));
    char text[TEXT_BYTES];
    ssize_t n;

    if (fd < 0)
        return -errno;
    do
        n = read(fd, text, sizeof(text));
    while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
    return n < 0 ? -errno : 0;
}

static void *iteration_main(void *data)
{
    struct iteration *iteration = data;
    int64_t next = clock_monotonic();

    do {
        int result = run_once(iteration);

        if (result < 0 && !iteration->failed)
            log_about(LOG_LEVEL_WARNING, "source", iteration->name,
                      "the iterator cannot be run: %s; ringmill will try again", strerror(-result));
        iteration->failed = result < 0;
        /* a run that takes longer delays the next ones */
        next = next + iteration->every > clock_monotonic() ? next + iteration->every
                                                           : clock_monotonic();
    } while (sleep_until(iteration, next));
    return NULL;
}

static void iteration_free(struct iteration *iteration)
{
    if (iteration->stop_fd >= 0)
        close(iteration->stop_fd);
    bpf_link__destroy(iteration->link);
    free(iteration);
}

int iteration_start(struct bpf_link *link, const char *name, uint64_t every, struct error *error,
                    struct iteration **ret)
{
    struct iteration *iteration = calloc(1, sizeof(*iteration));
    int result;

    if (!iteration) {
        bpf_link__destroy(link);
        return error_set(error, -ENOMEM, "out of memory");
    }
    iteration->link = link;
    iteration->every = (int64_t)every;
    snprintf(iteration->name, sizeof(iteration->name), "%s", name);
    iteration->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = iteration->stop_fd < 0
                 ? -errno
                 : thread_start(&iteration->thread, "iterate", iteration_main, iteration);
    if (result < 0) {
        iteration_free(iteration);
        return error_set(error, result, "cannot start a thread for the iterator: %s",
                         strerror(-result));
    }
    *ret = iteration;
    return 0;
}

void iteration_stop(struct iteration *iteration)
{
    eventfd_write(iteration->stop_fd, 1);
    pthread_join(iteration->thread, NULL);
    iteration_free(iteration);
}

int iteration_run_program(const struct bpf_program *program)
{
    struct bpf_link *link = bpf_program__attach_iter(program, NULL);
    int result = link ? iteration_run(link) : -errno;

    bpf_link__destroy(link);
    return result;
}
