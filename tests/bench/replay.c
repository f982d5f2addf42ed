// SPDX-License-Identifier: Apache-2.0
/* Whether a capture is walked as fast as a ring in memory: the same records, of the same lengths in
 * the same order, once in a ring and once in a file in the page cache, by the same reader. And what
 * comes before: opening a capture looks through all of it.
 *
 *     bench-replay [--json] [--rounds N] [--size BYTES] [--only SHAPE] */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/options.h"
#include "bench/report.h"
#include "capture/capture.h"
#include "capture/capture_writer.h"
#include "record/batch.h"
#include "ring/fake.h"
#include "ring/linear.h"
#include "ring/ring.h"
#include "sink/capture_encoder.h"

enum { ROUNDS_MAX = 99, PIECE = 256 * 1024, LENGTH_MAX = 4096 };

enum contestant { RING, CAPTURE, OPEN, CONTESTANTS };

struct shape {
    const char *name;
    uint32_t lengths[4]; /* a mix, or four times the same */
};

static const struct shape shapes[] = {
    {"128", {128, 128, 128, 128}},      {"512", {512, 512, 512, 512}},
    {"1024", {1024, 1024, 1024, 1024}}, {"2048", {2048, 2048, 2048, 2048}},
    {"mix-small", {56, 120, 248, 504}}, {"mix-large", {248, 760, 1272, 2040}},
};

struct tally {
    uint64_t records;
    uint64_t checksum; /* over record numbers, in order */
};

/* Numbered records of random lengths, the same ones for each seed. */
struct maker {
    const struct shape *shape;
    uint64_t seed;
    uint64_t number;
    uint64_t left; /* bytes that may still be made */
    char sample[LENGTH_MAX];
};

static bool make(struct maker *maker, uint32_t *ret_length)
{
    uint64_t x = maker->seed, span;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    maker->seed = x;
    *ret_length = maker->shape->lengths[x >> 33 & 3];
    span = (*ret_length + 7) / 8 * 8 + 8;
    if (span > maker->left)
        return false;
    maker->left -= span;
    memcpy(maker->sample, &maker->number, sizeof(maker->number));
    maker->number++;
    return true;
}

static double walk(struct ringmill_ring *ring, struct tally *tally)
{
    struct ringmill_reader *reader;
    struct ringmill_batch batch;
    int64_t start;

    *tally = (struct tally){0};
    if (ringmill_reader_new(NULL, NULL, &reader) < 0 || ringmill_reader_add(reader, ring, NULL) < 0)
        errx(1, "cannot make a reader");
    start = clock_monotonic();
    while (ringmill_reader_next_batch(reader, &batch) > 0) {
        for (uint32_t i = 0; i < batch.count; i++) {
            tally->records++;
            tally->checksum = tally->checksum * 5 + *(const uint64_t *)batch.views[i].data;
        }
        ringmill_ring_commit(ring, batch.end);
    }
    double ns = (double)(clock_monotonic() - start);
    ringmill_reader_free(reader);
    return ns;
}

static double walk_ring(struct maker maker, uint64_t size, struct tally *tally)
{
    struct ringmill_ring *ring;
    struct fake *fake;
    uint32_t length;
    double ns;

    if (fake_new(size, 0, &fake) < 0 || fake_open(fake, NULL, NULL, &ring) < 0)
        errx(1, "cannot make a ring");
    for (uint64_t page = 0; page < 2 * size; page += 4096) /* no faults while it is walked */
        (void)*(const volatile uint8_t *)(ring->map.data + page);
    while (make(&maker, &length))
        if (fake_write(fake, maker.sample, length, 0) < 0)
            errx(1, "the ring is full");
    ns = walk(ring, tally);
    fake_free(fake);
    return ns;
}

static void put_piece(struct capture_writer *writer, const char *piece, size_t used)
{
    if (used && capture_writer_put(writer, piece, used) < 0)
        err(1, "cannot write a capture");
}

static void write_capture(struct maker maker, const char *path)
{
    static const struct schema schema = {.type_name = "struct record"};
    struct capture_writer *writer;
    struct encoder *encoder;
    struct ringmill_view view = {.data = maker.sample};
    struct batch batch = {.schema = &schema, .views = &view, .count = 1};
    static char piece[PIECE];
    size_t used = 0, more;
    struct error error;
    uint64_t cut;

    unlink(path);
    if (capture_writer_new(path, &error, &cut, &writer) < 0 ||
        capture_encoder_ops.open(&schema, "bench", NULL, &error, &encoder) < 0)
        errx(1, "%s", error.text);
    batch_select_all(&batch);
    while (make(&maker, &view.length)) {
        if (encoder_batch(encoder, &batch, 0, piece + used, PIECE - used, &more) == 0) {
            put_piece(writer, piece, used);
            used = 0;
            encoder_batch(encoder, &batch, 0, piece, PIECE, &more);
        }
        used += more;
    }
    put_piece(writer, piece, used);
    encoder_close(encoder);
    capture_writer_free(writer);
}

static double walk_capture(struct maker maker, const char *path, struct tally *tally,
                           double *ret_open)
{
    struct ringmill_ring *ring;
    struct capture *capture;
    struct error error;
    struct linear linear;
    int64_t start;
    double ns;

    write_capture(maker, path);
    start = clock_monotonic();
    if (capture_open(path, &error, &capture) < 0)
        errx(1, "%s", error.text);
    *ret_open = (double)(clock_monotonic() - start);
    if (capture->damaged)
        errx(1, "%s", capture->damage.text);
    linear = (struct linear){.data = capture->bytes,
                             .start = capture->begin,
                             .published = capture->end,
                             .end = capture->end,
                             .name = "capture"};
    if (linear_open(&linear, NULL, NULL, &ring) < 0)
        errx(1, "cannot make a ring");
    ns = walk(ring, tally);
    capture_free(capture);
    unlink(path);
    return ns;
}

static void run_shape(struct report *report, const struct shape *shape, const char *path,
                      uint64_t size, size_t rounds)
{
    static double times[CONTESTANTS][ROUNDS_MAX];
    struct report_row *row;

    for (size_t round = 0; round < rounds; round++) {
        struct maker maker = {
            .shape = shape, .seed = 88172645463325252 + round, .left = size - LENGTH_MAX};
        struct tally ring, capture;

        if (round % 2)
            times[RING][round] = walk_ring(maker, size, &ring);
        times[CAPTURE][round] = walk_capture(maker, path, &capture, &times[OPEN][round]);
        if (round % 2 == 0)
            times[RING][round] = walk_ring(maker, size, &ring);
        if (ring.records != capture.records || ring.checksum != capture.checksum)
            errx(1, "%s: the capture has other records than the ring", shape->name);
        for (int i = 0; i < CONTESTANTS; i++)
            times[i][round] /= (double)ring.records;
    }
    row = report_add(report, "ns/record", "replay/%s/walk", shape->name);
    row->value = report_median(times[CAPTURE], rounds);
    row->spread = report_spread(times[CAPTURE], rounds);
    report_peer(row, "ring", report_median(times[RING], rounds) / row->value);
    row = report_add(report, "ns/record", "replay/%s/open", shape->name);
    row->value = report_median(times[OPEN], rounds);
    row->spread = report_spread(times[OPEN], rounds);
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "replay"};
    const char *only = NULL;
    char path[4096];
    uint64_t rounds = 7, size = 256 << 20;
    bool json = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"size", "BYTES", .number = &size},
        {"only", "SHAPE", .text = &only},
        {0},
    };

    bench_options_read(argc, argv, options);
    /* not on a disk, whose writing goes on in the background */
    snprintf(path, sizeof(path), "/dev/shm/ringmill-bench.%d.rmc", (int)getpid());
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (!only || strcmp(only, shapes[i].name) == 0)
            run_shape(&report, &shapes[i], path, size, rounds);
    report_print(&report, json);
    return 0;
}
