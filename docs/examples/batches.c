// SPDX-License-Identifier: Apache-2.0
/* The same by batches: output is kept while records are there and written before sleeping, each
 * batch is committed once its output is safe, and Ctrl-C ends the program cleanly: what is in the
 * ring is still given, and nothing is lost or repeated.
 *
 *     cc batches.c $(pkg-config --cflags --libs ringmill) -lbpf */
#include <bpf/bpf.h>
#include <err.h>
#include <ringmill/ring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct ringmill_reader *reader;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
    ringmill_reader_wake(reader); /* one of the calls that a signal handler may make */
}

static void print_batch(const struct ringmill_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        printf("%u bytes at %llu\n", batch->views[i].length,
               (unsigned long long)batch->views[i].position);
}

int main(int argc, char **argv)
{
    int map_fd = argc == 2 ? bpf_obj_get(argv[1]) : -1;
    struct sigaction action = {.sa_handler = stop};
    struct ringmill_error reason;
    struct ringmill_batch batch;
    int outcome;

    if (map_fd < 0)
        errx(2, "usage: batches PINNED-RING");
    if (ringmill_open(map_fd, &reason, &reader) < 0)
        errx(1, "%s", reason.text);
    sigaction(SIGINT, &action, NULL);
    do {
        while (ringmill_reader_next_batch(reader, &batch) > 0) {
            print_batch(&batch);
            ringmill_ring_commit(batch.ring, batch.end); /* the kernel may reuse the space */
        }
        fflush(stdout); /* nothing is left: time to write, then to sleep */
        outcome = ringmill_reader_wait(reader, stopped ? RINGMILL_NOW : RINGMILL_FOREVER);
    } while (outcome == RINGMILL_READY || outcome == RINGMILL_WOKEN);
    fprintf(stderr, "%s\n", ringmill_outcome_name(outcome));
    ringmill_reader_free(reader);
    return outcome < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
