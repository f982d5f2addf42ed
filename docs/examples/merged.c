// SPDX-License-Identifier: Apache-2.0
/* Many rings in one reader, say one per CPU: their samples begin with a u64 of bpf_ktime_get_ns(),
 * and come in that order across all rings. Once a second the counters are printed: what came, what
 * was discarded, how full the fullest ring was, and whether a producer is stuck.
 *
 *     cc merged.c $(pkg-config --cflags --libs ringmill) -lbpf
 *     ./a.out /sys/fs/bpf/agent/events_* */
#include <bpf/bpf.h>
#include <err.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static void add_ring(struct ringmill_reader *reader, const char *path)
{
    struct ringmill_error reason;
    struct ringmill_ring *ring;
    int map_fd = bpf_obj_get(path);

    if (map_fd < 0)
        err(1, "%s", path);
    if (ringmill_ring_open(map_fd, NULL, &reason, &ring) < 0)
        errx(1, "%s: %s", path, reason.text);
    close(map_fd); /* the ring has its own */
    /* the path comes back with each of its records */
    if (ringmill_reader_add(reader, ring, (void *)path) < 0)
        errx(1, "%s: cannot be added", path);
}

static void print_view(const struct ringmill_view *view, const char *path)
{
    uint64_t time = 0;

    if (view->length >= sizeof(time))
        memcpy(&time, view->data, sizeof(time));
    printf("%llu.%09llu %u bytes from %s\n", (unsigned long long)(time / SECOND),
           (unsigned long long)(time % SECOND), view->length, path);
}

static void print_counters(const struct ringmill_reader *reader)
{
    struct ringmill_counters counters;

    ringmill_reader_counters(reader, &counters);
    fprintf(stderr, "%llu records, %llu discarded, %llu wake-ups, %llu naps, fullest %llu bytes\n",
            (unsigned long long)counters.records, (unsigned long long)counters.discards,
            (unsigned long long)counters.wakeups, (unsigned long long)counters.naps,
            (unsigned long long)counters.high_water);
    if (counters.busy_since)
        fprintf(stderr, "a record has been unfinished for %.3f s: is its producer stuck?\n",
                (double)(now() - counters.busy_since) / SECOND);
}

static void print_batches(struct ringmill_reader *reader)
{
    struct ringmill_batch batch;
    int n;

    while ((n = ringmill_reader_next_batch(reader, &batch)) != 0) {
        if (n < 0) /* a ring is corrupt: it is left alone, the others go on */
            continue;
        for (uint32_t i = 0; i < batch.count; i++)
            print_view(&batch.views[i], batch.user);
        ringmill_ring_commit(batch.ring, batch.end);
    }
}

int main(int argc, char **argv)
{
    struct ringmill_reader_options options = {
        .size = sizeof(options), .merge = 1, .merge_offset = 0, .merge_hold = SECOND / 100};
    struct ringmill_reader *reader;
    struct ringmill_error reason;
    int outcome;

    if (argc < 2)
        errx(2, "usage: merged PINNED-RING...");
    if (ringmill_reader_new(&options, &reason, &reader) < 0)
        errx(1, "%s", reason.text);
    for (int i = 1; i < argc; i++)
        add_ring(reader, argv[i]);
    for (uint64_t tick = now() + SECOND;;) {
        print_batches(reader);
        fflush(stdout);
        outcome = ringmill_reader_wait(reader, tick);
        if (outcome == RINGMILL_DEADLINE) {
            print_counters(reader);
            tick += SECOND;
        } else if (outcome != RINGMILL_READY) {
            errx(1, "%s", ringmill_outcome_name(outcome));
        }
    }
}
