// SPDX-License-Identifier: Apache-2.0

/* Files that are whole, cut at every byte, and wrong in any one byte. */

#include "capture/capture.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/frame.h"
#include "ring/linear.h"
#include "unit/capture/support.h"

enum { SAMPLES = 40, PIECES = 4 };

/* A capture of two types, SAMPLES of each in PIECES, with a loss in the middle. */
static const char *write_capture(void)
{
    const char *path = new_path();
    struct wall_offset wall = {.offset = 1000, .measured = 1};
    struct encoder_options options = {.wall = &wall};
    struct loss loss = {.records = 9, .since = 3, .until = 4};
    struct encoder *one, *other;
    struct capture_writer *writer;
    struct error error;
    uint64_t cut;
    static char piece[65536];

    assert_non_null(path);
    assert_int_equal(capture_writer_new(path, &error, &cut, &writer), 0);
    assert_int_equal(capture_encoder_ops.open(&sample_schema, "agent", &options, &error, &one), 0);
    assert_int_equal(capture_encoder_ops.open(&other_schema, "other", &options, &error, &other), 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        size_t used = encode_samples(one, i * 10, 10, piece, sizeof(piece));

        if (i == 2)
            used += encoder_loss(other, &loss, piece + used, LOSS_BYTES_MAX);
        wall.offset += 7;
        wall.measured++;
        used += encode_samples(other, i * 10, 10, piece + used, sizeof(piece) - used);
        assert_int_equal(capture_writer_put(writer, piece, used), 0);
    }
    encoder_close(one);
    encoder_close(other);
    capture_writer_free(writer);
    return path;
}

/* Walks all records as a reader does; returns how many, all as they were written. */
static uint64_t walk(const struct capture *capture)
{
    struct linear linear = {.data = capture->bytes,
                            .start = capture->begin,
                            .published = capture->end,
                            .end = capture->end,
                            .name = "test"};
    struct ringmill_ring *ring;
    struct ringmill_view views[32];
    uint64_t records = 0;
    uint32_t seen[2] = {0};
    int n;

    assert_int_equal(linear_open(&linear, NULL, NULL, &ring), 0);
    while ((n = ringmill_ring_take(ring, views, 32)) > 0)
        for (int i = 0; i < n; i++) {
            const struct capture_type *type;
            uint8_t wanted[256];
            uint32_t tag, *next;

            memcpy(&tag, (const char *)views[i].data - sizeof(tag), sizeof(tag));
            type = capture_find_type(capture, tag);
            assert_non_null(type);
            next = &seen[strcmp(type->source, "agent") != 0];
            fill_sample(wanted, *next);
            assert_int_equal(views[i].length, sample_length(*next));
            assert_memory_equal(views[i].data, wanted, views[i].length);
            ++*next;
            records++;
        }
    assert_int_equal(n, 0);
    assert_int_equal(ringmill_ring_position(ring), capture->end);
    ringmill_ring_free(ring);
    assert_int_equal(records, capture->records);
    return records;
}

static struct capture *open_good(const char *path)
{
    struct capture *capture;
    struct error error = {0};

    if (capture_open(path, &error, &capture) < 0)
        fail_msg("%s", error.text);
    return capture;
}

static void a_whole_one(void **state)
{
    const char *path = write_capture();
    struct capture *capture = open_good(path);
    uint64_t position, at;
    int64_t monotonic, last = 0;
    uint32_t clocks = 0;

    (void)state;
    assert_false(capture->damaged);
    assert_int_equal(capture->n_types, 2);
    assert_true(capture->types[0].tag < capture->types[1].tag);
    assert_int_equal(capture->records, 2 * SAMPLES);
    assert_int_equal(capture->sections, 1);
    assert_int_equal(capture->end, capture->mapped);
    assert_int_equal(walk(capture), 2 * SAMPLES);
    /* the section's, and then a new one for each piece */
    assert_int_equal(capture->n_walls, 1 + 1 + PIECES);
    for (uint32_t i = 0; i <= PIECES; i++)
        assert_int_equal(capture->walls[1 + i].offset, 1000 + 7 * i);
    for (uint32_t i = 0; i <= PIECES; i++) /* what was read under a clock, was before the next */
        assert_int_equal(capture->walls[i].latest, capture->walls[i + 1].monotonic);
    assert_int_equal(capture->walls[1 + PIECES].latest, INT64_MAX);
    assert_int_equal(capture->walls[1 + PIECES].boot, 0);
    assert_int_equal(capture->n_gaps, 1);
    assert_int_equal(capture->gaps[0].loss.records, 9);
    assert_int_equal(capture->gaps[0].loss.since, 3);
    assert_int_equal(capture->gaps[0].loss.until, 4);
    assert_string_equal(capture->types[capture->gaps[0].type].source, "other");
    position = capture->begin;
    while (capture_next_clock(capture, &position, &monotonic, &at)) {
        assert_true(monotonic >= last && at < position);
        last = monotonic;
        clocks++;
    }
    assert_true(clocks >= 1 + 2 * PIECES - 1);
    assert_int_equal(capture->marks[capture->n_marks - 1], capture->end);
    capture_free(capture);
    remove_path(path);
}

static size_t read_file(const char *path, uint8_t **ret_bytes)
{
    FILE *file = fopen(path, "r");
    uint8_t *bytes = malloc(1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, file);

    fclose(file);
    *ret_bytes = bytes;
    return size;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* What is left is a beginning of what was there, and never taken for all of it. */
static void cut_anywhere(void **state)
{
    const char *path = write_capture();
    uint8_t *bytes;
    size_t size = read_file(path, &bytes);
    uint64_t last = 0;

    (void)state;
    for (size_t cut = 0; cut < size; cut += 1 + cut % 3) {
        struct capture *capture;
        struct error error = {0};

        write_file(path, bytes, cut);
        if (cut < sizeof(struct capture_header)) {
            assert_int_equal(capture_open(path, &error, &capture), -EBADMSG);
            continue;
        }
        capture = open_good(path);
        assert_true(capture->damaged && capture->unfinished);
        assert_non_null(strstr(capture->damage.text, path));
        assert_true(capture->end <= cut && capture->records >= last);
        last = walk(capture);
        capture_free(capture);
    }
    assert_int_equal(last, 2 * SAMPLES);
    free(bytes);
    remove_path(path);
}

/* Every byte of the file is covered: none can be wrong unnoticed. */
static void wrong_anywhere(void **state)
{
    const char *path = write_capture();
    uint8_t *bytes;
    size_t size = read_file(path, &bytes);
    int fd = open(path, O_WRONLY);
    unsigned seed = 1;

    (void)state;
    for (size_t at = 0; at < size; at++) {
        uint8_t change = (uint8_t)(1 + rand_r(&seed) % 255);
        struct capture *capture;
        struct error error = {0};

        change ^= bytes[at];
        assert_int_equal(pwrite(fd, &change, 1, (off_t)at), 1);
        if (capture_open(path, &error, &capture) == 0) {
            if (!capture->damaged)
                fail_msg("byte %zu", at);
            walk(capture);
            capture_free(capture);
        } else {
            assert_string_not_equal(error.text, "");
        }
        assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
    }
    close(fd);
    free(bytes);
    remove_path(path);
}

static void cut_behind_some_records(void **state)
{
    const char *path = write_capture();

    (void)state;
    for (uint64_t records = 1; records <= 2 * SAMPLES + 1; records++) {
        struct capture *capture = open_good(path);
        bool all = records >= 2 * SAMPLES;

        capture_cut(capture, records);
        assert_int_equal(walk(capture), all ? 2 * SAMPLES : records);
        assert_int_equal(capture->marks[capture->n_marks - 1], capture->end);
        assert_int_equal(capture->n_gaps, records > 50);
        assert_false(capture->damaged);
        capture_free(capture);
    }
    remove_path(path);
}

static void no_captures(void **state)
{
    const char *path = new_path();
    struct capture_header header = {
        .order = CAPTURE_ORDER, .version = CAPTURE_VERSION, .size = sizeof(header)};
    struct capture *capture;
    struct error error;

    (void)state;
    memcpy(header.magic, CAPTURE_MAGIC, CAPTURE_MAGIC_SIZE);
    assert_int_equal(capture_open(path, &error, &capture), -ENOENT);
    assert_int_equal(capture_open("/dev/null", &error, &capture), -EINVAL);
    write_file(path, (uint8_t *)&header, sizeof(header));
    capture = open_good(path); /* nothing in it but its header: somebody was killed early */
    assert_true(capture->unfinished);
    assert_int_equal(capture->records, 0);
    capture_free(capture);
    header.size = sizeof(header) + 4;
    write_file(path, (uint8_t *)&header, sizeof(header));
    assert_int_equal(capture_open(path, &error, &capture), -EBADMSG);
    header.size = 1 << 20;
    write_file(path, (uint8_t *)&header, sizeof(header));
    assert_int_equal(capture_open(path, &error, &capture), -EBADMSG);
    header.order = 0x04030201;
    write_file(path, (uint8_t *)&header, sizeof(header));
    assert_int_equal(capture_open(path, &error, &capture), -ENOTSUP);
    capture_free(NULL);
    remove_path(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one),    cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(wrong_anywhere), cmocka_unit_test(cut_behind_some_records),
        cmocka_unit_test(no_captures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
