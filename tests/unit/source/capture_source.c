// SPDX-License-Identifier: Apache-2.0

/* Captures as sources: what of their config is good, and how their records come. */

#include "source/kind.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "source/feeder.h"
#include "unit/capture/support.h"
#include "unit/config/support.h"

enum { PIECES = 300, PER_PIECE = 1000 }; /* about 36 MB */

static void write_capture(const char *path, uint32_t pieces)
{
    static char piece[1 << 20];
    struct capture_writer *writer;
    struct encoder *encoder;
    struct error error;
    uint64_t cut;

    assert_int_equal(capture_writer_new(path, &error, &cut, &writer), 0);
    assert_int_equal(capture_encoder_ops.open(&sample_schema, "agent", NULL, &error, &encoder), 0);
    for (uint32_t i = 0; i < pieces; i++) {
        size_t used = encode_samples(encoder, 0, PER_PIECE, piece, sizeof(piece));

        assert_int_equal(capture_writer_put(writer, piece, used), 0);
    }
    encoder_close(encoder);
    capture_writer_free(writer);
}

/* Opens what the text says; messages are what it is to say otherwise. */
static struct source *open_source(const char *text, const char *messages)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    struct source *source = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(source_open(tree->root->first, &diag, &source) == 0, !*messages);
    expect_messages(&diag, messages);
    if (source)
        source->name = "again"; /* the tree's goes */
    return source;
}

static uint64_t read_all(struct ringmill_reader *reader, struct ringmill_ring *ring, uint64_t end)
{
    struct ringmill_batch batch;
    uint64_t records = 0;
    int n;

    while (ringmill_ring_position(ring) != end) {
        while ((n = ringmill_reader_next_batch(reader, &batch)) > 0) {
            records += (uint64_t)n;
            ringmill_ring_commit(ring, batch.end);
        }
        ringmill_ring_commit_all(ring);
        if (ringmill_ring_position(ring) != end)
            ringmill_reader_wait(reader, RINGMILL_FOREVER);
    }
    return records;
}

struct run {
    const char *path;
    struct source *source;
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;
    const struct capture *capture;
};

static void start(struct run *run, const char *speed)
{
    char text[256];
    struct error error;

    snprintf(text, sizeof(text), "{again: {capture: %s, speed: %s}}", run->path, speed);
    run->source = open_source(text, "");
    assert_int_equal(run->source->n_streams, 1);
    assert_int_equal(run->source->streams->selector, STREAM_BY_TAG);
    assert_string_equal(run->source->streams->types->source_name, "agent");
    run->capture = run->source->streams->capture;
    assert_int_equal(source_open_ring(run->source, 0, 0, &error, &run->ring), 0);
    assert_int_equal(ringmill_reader_new(NULL, NULL, &run->reader), 0);
    assert_int_equal(ringmill_reader_add(run->reader, run->ring, NULL), 0);
    assert_int_equal(source_attach(run->source, &error), 0);
}

static void stop(struct run *run)
{
    source_detach(run->source);
    ringmill_reader_free(run->reader);
    source_free(run->source);
}

static void all_records_come(void **state)
{
    struct run run = {.path = new_path()};
    struct error error;

    (void)state;
    write_capture(run.path, PIECES);
    start(&run, "max");
    assert_int_equal(read_all(run.reader, run.ring, run.capture->end), PIECES * PER_PIECE);
    assert_int_equal(source_end_error(run.source, run.capture->end, &error), 0);
    stop(&run);
    remove_path(run.path);
}

/* However large the file is, a stop has to walk so much at the most. */
static void no_further_than_that(void **state)
{
    struct run run = {.path = new_path()};

    (void)state;
    write_capture(run.path, 3 * PIECES);
    start(&run, "max");
    assert_true(run.capture->end > FEEDER_AHEAD + 2 * CAPTURE_MARK_BYTES);
    ringmill_reader_wait(run.reader, RINGMILL_FOREVER);
    source_detach(run.source);
    assert_in_range(ringmill_ring_available(run.ring), 1,
                    FEEDER_AHEAD + CAPTURE_MARK_BYTES + (1 << 20));
    stop(&run);
    remove_path(run.path);
}

/* The clocks of a capture that was written in a moment are a moment apart. */
static void at_its_own_speed(void **state)
{
    struct run run = {.path = new_path()};
    uint64_t position, at;
    int64_t first = 0, last = 0, then, begun;

    (void)state;
    write_capture(run.path, 20);
    start(&run, "0.5");
    begun = clock_monotonic();
    position = run.capture->begin;
    while (capture_next_clock(run.capture, &position, &then, &at)) {
        first = first ? first : then;
        last = then;
    }
    assert_int_equal(read_all(run.reader, run.ring, run.capture->end), 20 * PER_PIECE);
    assert_true(clock_monotonic() - begun >= 2 * (last - first) - 100000000);
    stop(&run);
    remove_path(run.path);
}

static void damage_is_said_at_the_end(void **state)
{
    struct run run = {.path = new_path()};
    struct error error = {0};
    struct stat whole;

    (void)state;
    write_capture(run.path, 2);
    assert_int_equal(stat(run.path, &whole), 0);
    assert_int_equal(truncate(run.path, whole.st_size - 200), 0);
    start(&run, "max");
    assert_int_equal(source_end_error(run.source, run.capture->begin, &error),
                     0); /* not there yet */
    read_all(run.reader, run.ring, run.capture->end);
    assert_int_equal(source_end_error(run.source, run.capture->end, &error), -EBADMSG);
    assert_int_equal(strncmp(error.text, "source again: /dev/shm/", 23), 0);
    stop(&run);
    remove_path(run.path);
}

static void mistakes(void **state)
{
    const char *path = new_path();
    char text[256], message[512];

    (void)state;
    open_source("{s: {capture: /no/such/file}}",
                "t.yaml:1:15: s.capture: cannot open /no/such/file: No such file or directory\n");
    write_capture(path, 1);
    snprintf(text, sizeof(text), "{s: {speed: 0, capture: %s}}", path);
    open_source(
        text, "t.yaml:1:13: s.speed: allowed are max, recorded, or a factor from 1e-06 to 1e+06\n");
    remove_path(path);
    path = new_path();
    write_capture(path, 0);
    snprintf(text, sizeof(text), "{s: {capture: %s}}", path);
    snprintf(message, sizeof(message), "t.yaml:1:15: s.capture: %s contains no records\n", path);
    open_source(text, message);
    remove_path(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_records_come), cmocka_unit_test(no_further_than_that),
        cmocka_unit_test(at_its_own_speed), cmocka_unit_test(damage_is_said_at_the_end),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
