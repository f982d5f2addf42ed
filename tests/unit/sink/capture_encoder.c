// SPDX-License-Identifier: Apache-2.0

/* What encoders put into chunks: framed samples, and before them what is needed to read them. */

#include "sink/capture_encoder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/frame.h"
#include "unit/capture/support.h"

static struct encoder *open_encoder(const struct wall_offset *wall, uint32_t event_max)
{
    struct encoder_options options = {.wall = wall, .event_max = event_max};
    struct encoder *encoder;
    struct error error;

    assert_int_equal(capture_encoder_ops.open(&sample_schema, "agent", &options, &error, &encoder),
                     0);
    return encoder;
}

/* Counts what is in the bytes, by kind; index 0: records. */
static void take_stock(const char *bytes, size_t size, uint32_t counts[CAPTURE_END + 1])
{
    memset(counts, 0, (CAPTURE_END + 1) * sizeof(*counts));
    for (size_t at = 0; at < size;) {
        struct frame frame;

        memcpy(&frame, bytes + at, sizeof(frame));
        if (frame.length & LAYOUT_DISCARD) {
            assert_true(frame.tag <= CAPTURE_END);
            assert_int_equal(at % 8, 0);
            assert_int_equal(layout_span(frame.length & LAYOUT_LENGTH) % CAPTURE_LINE, 0);
            counts[frame.tag]++;
        } else {
            counts[0]++;
        }
        at += layout_span(frame.length & LAYOUT_LENGTH);
        assert_true(at <= size);
    }
}

static void samples_as_they_are(void **state)
{
    struct wall_offset wall = {.offset = 5, .measured = 1};
    struct encoder *encoder = open_encoder(&wall, 0);
    static char out[100000];
    size_t used = encode_samples(encoder, 0, 100, out, sizeof(out));
    uint32_t counts[CAPTURE_END + 1], i = 0, tag = 0;

    (void)state;
    take_stock(out, used, counts);
    assert_int_equal(counts[0], 100);
    assert_int_equal(counts[CAPTURE_TYPE], 1);
    assert_true(counts[CAPTURE_CLOCK] >= 1);
    for (size_t at = 0; at < used;) {
        struct frame frame;
        uint8_t wanted[256];

        memcpy(&frame, out + at, sizeof(frame));
        if (!(frame.length & LAYOUT_DISCARD)) {
            fill_sample(wanted, i);
            assert_int_equal(frame.length, sample_length(i));
            assert_memory_equal(out + at + sizeof(frame), wanted, frame.length);
            assert_true(tag == 0 || frame.tag == tag);
            tag = frame.tag;
            i++;
        }
        at += layout_span(frame.length & LAYOUT_LENGTH);
    }
    encoder_close(encoder);
}

static void a_new_measurement_is_a_new_clock(void **state)
{
    struct wall_offset wall = {.offset = 5, .measured = 1};
    struct encoder *encoder = open_encoder(&wall, 0);
    static char out[10000];
    uint32_t counts[CAPTURE_END + 1];
    size_t used;

    (void)state;
    encode_samples(encoder, 0, 1, out, sizeof(out));
    for (int i = 0; i < 10; i++) {
        int64_t wanted = wall.offset = 100 + i;

        wall.measured++;
        used = encode_samples(encoder, 0, 1, out, sizeof(out));
        take_stock(out, used, counts);
        assert_int_equal(counts[CAPTURE_CLOCK], 1);
        assert_int_equal(counts[CAPTURE_TYPE], 0);
        assert_memory_equal(out + sizeof(struct frame) + offsetof(struct capture_clock, wall),
                            &wanted, sizeof(wanted));
    }
    encoder_close(encoder);
}

static size_t encode_one(struct encoder *encoder, uint32_t length, size_t room, uint32_t *ret_done)
{
    static uint8_t sample[100000];
    static char out[200000];
    struct ringmill_view view = {.data = sample, .length = length};
    struct batch batch = {.views = &view, .count = 1};
    size_t used = 77;

    batch_select_all(&batch);
    memset(out + room, 0x5a, 64);
    *ret_done = encoder_batch(encoder, &batch, 0, out, room, &used);
    for (int i = 0; i < 64; i++)
        assert_int_equal(out[room + (size_t)i], 0x5a);
    return used;
}

/* Nothing is half written, and what was not written is not taken for said. */
static void what_does_not_fit(void **state)
{
    struct encoder *encoder = open_encoder(NULL, 0);
    uint32_t done;
    size_t whole, used = encode_one(encoder, 100, 100000, &done);

    (void)state;
    assert_int_equal(done, 1);
    whole = used;
    encoder_close(encoder);
    encoder = open_encoder(NULL, 0);
    for (size_t room = 0; room < whole; room += 8) {
        assert_int_equal(encode_one(encoder, 100, room, &done), 0);
        assert_int_equal(done, 0);
    }
    assert_int_equal(encode_one(encoder, 100, whole, &done), whole);
    assert_int_equal(done, 1);
    encoder_close(encoder);
}

static void the_longest_event(void **state)
{
    struct encoder *encoder = open_encoder(NULL, 65536);
    uint32_t done;

    (void)state;
    assert_int_equal(encode_one(encoder, 65536 - 8, 100000, &done), 0); /* its type is still due */
    assert_true(encode_one(encoder, 1000, 100000, &done) > 0);
    assert_int_equal(encode_one(encoder, 65536 - 7, 100000, &done), 0);
    assert_int_equal(done, 0);
    /* a clock may be due as well */
    assert_true(encode_one(encoder, 65536 - 8 - 64, 100000, &done) > 0);
    assert_int_equal(encode_one(encoder, UINT32_MAX, 100000, &done), 0);
    encoder_close(encoder);
}

static void losses_need_no_type(void **state)
{
    struct encoder *encoder = open_encoder(NULL, 0);
    struct loss loss = {.records = 7, .since = 1, .until = 2};
    uint32_t counts[CAPTURE_END + 1];
    static char out[10000];
    size_t used = encoder_loss(encoder, &loss, out, LOSS_BYTES_MAX);

    (void)state;
    assert_true(used > 0);
    take_stock(out, used, counts);
    assert_int_equal(counts[CAPTURE_LOSS], 1);
    assert_int_equal(counts[CAPTURE_TYPE], 0);
    used = encode_samples(encoder, 0, 1, out, sizeof(out));
    take_stock(out, used, counts);
    assert_int_equal(counts[CAPTURE_TYPE], 1);
    assert_int_equal(encoder_loss(encoder, &loss, out, 8), 0);
    encoder_close(encoder);
}

/* As if nothing of it had been written before. */
static void a_restart_says_all_again(void **state)
{
    struct wall_offset wall = {.offset = 5, .measured = 1};
    struct encoder *encoder = open_encoder(&wall, 0);
    static char out[10000];
    uint32_t counts[CAPTURE_END + 1];
    size_t used;

    (void)state;
    encode_samples(encoder, 0, 1, out, sizeof(out));
    encoder->ops->restart(encoder);
    used = encode_samples(encoder, 1, 2, out, sizeof(out));
    take_stock(out, used, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[CAPTURE_TYPE], 1);
    assert_true(counts[CAPTURE_CLOCK] >= 1);
    encoder_close(encoder);
}

static void long_names(void **state)
{
    char name[CAPTURE_NAME_MAX + 2];
    struct encoder *encoder = NULL;
    struct error error;

    (void)state;
    memset(name, 'x', sizeof(name));
    name[CAPTURE_NAME_MAX + 1] = '\0';
    assert_int_equal(capture_encoder_ops.open(&sample_schema, name, NULL, &error, &encoder),
                     -EINVAL);
    name[CAPTURE_NAME_MAX] = '\0';
    assert_int_equal(capture_encoder_ops.open(&sample_schema, name, NULL, &error, &encoder), 0);
    encoder_close(encoder);
    capture_encoder_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_as_they_are), cmocka_unit_test(a_new_measurement_is_a_new_clock),
        cmocka_unit_test(what_does_not_fit),   cmocka_unit_test(the_longest_event),
        cmocka_unit_test(losses_need_no_type), cmocka_unit_test(a_restart_says_all_again),
        cmocka_unit_test(long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
