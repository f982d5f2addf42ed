// SPDX-License-Identifier: Apache-2.0
/* Hostile captures: the input is what lies behind the header, or, where its first byte is odd, says
 * what to change in a good one: u16 where, u8 what. No fuzzer guesses a checksum, so those records
 * that say they are one are made right first, but for some. Whatever the file says:
 * what is left of it is walked by the ring reader to its end, each record is of a type that was
 * described, and reading or printing it by that type reads nothing beyond its bytes. */
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "capture/capture.h"
#include "capture/frame.h"
#include "encode/json.h"
#include "record/batch.h"
#include "record/field.h"
#include "ring/linear.h"
#include "unit/capture/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 64, OUT = 1 << 16, GOOD_MAX = 1 << 16 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* The last byte of a checksum says whether it is to be left wrong. */
static void mend_checksums(uint8_t *bytes, size_t size)
{
    size_t from = 0, at = sizeof(struct capture_header);

    while (size - at >= LAYOUT_HEADER) {
        struct frame frame;
        uint64_t span;

        memcpy(&frame, bytes + at, sizeof(frame));
        span = layout_span(frame.length & LAYOUT_LENGTH);
        if (span > size - at)
            return;
        if (frame.length & LAYOUT_DISCARD && frame.tag == CAPTURE_CHECK &&
            (frame.length & LAYOUT_LENGTH) >= sizeof(struct capture_check) &&
            bytes[at + span - 1] != 0xff) {
            struct capture_check mended = {at - from, XXH3_64bits(bytes + from, at - from)};

            memset(bytes + at + LAYOUT_HEADER, 0, span - LAYOUT_HEADER);
            memcpy(bytes + at + LAYOUT_HEADER, &mended, sizeof(mended));
            from = at + span;
        }
        at += span;
    }
}

static volatile uint64_t kept; /* so that nothing is optimised away */

static void print_record(const struct capture_type *type, const struct ringmill_view *view)
{
    static char out[OUT];
    struct encoder *encoder;
    struct error error;
    void *sample = malloc(view->length); /* so that a byte too far is seen */
    struct ringmill_view copy = {.data = sample, .length = view->length};
    struct batch batch = {.schema = type->schema, .views = &copy, .count = 1};
    struct encoder_options options = {.event_max = OUT, .type = type->label};
    size_t used;

    check(sample || view->length == 0);
    memcpy(sample, view->data, view->length);
    batch_select_all(&batch);
    if (json_encoder_ops.open(type->schema, type->source, &options, &error, &encoder) == 0) {
        encoder_batch(encoder, &batch, 0, out, OUT, &used);
        encoder_close(encoder);
    }
    free(sample);
}

/* As handlers and expressions do: each of them trusts the type. */
static void read_fields(const struct field *fields, uint32_t count,
                        const struct ringmill_view *view)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        bool array = field->kind == FIELD_ARRAY;

        read_fields(field->members, array ? 1 : field->n_members, view);
        if (array)
            kept += field_count(field, view);
        if (!field_present(field, view))
            continue;
        if (field->kind == FIELD_FLOAT)
            kept += field_float(field, view) > 0;
        else if (field->kind == FIELD_CHARS || field->kind == FIELD_TEXT ||
                 field->kind == FIELD_TEXTS)
            kept += field_text(field, view).length;
        else if (field->kind < FIELD_FLOAT || field->kind == FIELD_POINTER)
            kept += field_integer(field, view);
    }
}

static void read_record(const struct schema *schema, const struct ringmill_view *view)
{
    void *sample = malloc(view->length); /* so that a byte too far is seen */
    struct ringmill_view copy = {.data = sample, .length = view->length};
    const struct field *ktime = schema_find_meaning(schema, MEANING_KTIME);

    check(sample || view->length == 0);
    memcpy(sample, view->data, view->length);
    read_fields(schema->fields, schema->n_fields, &copy);
    if (ktime && field_present(ktime, &copy))
        kept += field_integer(ktime, &copy);
    free(sample);
}

static void walk(const struct capture *capture)
{
    struct linear linear = {.data = capture->bytes,
                            .start = capture->begin,
                            .published = capture->end,
                            .end = capture->end,
                            .name = "fuzz"};
    struct ringmill_ring *ring;
    struct ringmill_view view;
    uint64_t records = 0;

    check(linear_open(&linear, NULL, NULL, &ring) == 0);
    while (ringmill_ring_take(ring, &view, 1) == 1) {
        const struct capture_type *type;
        uint32_t tag;

        memcpy(&tag, (const char *)view.data - sizeof(tag), sizeof(tag));
        type = capture_find_type(capture, tag);
        check(type != NULL);
        if (records++ < RECORDS_MAX) {
            print_record(type, &view);
            read_record(type->schema, &view);
        }
    }
    check(ringmill_ring_health(ring, NULL) == 0);
    check(ringmill_ring_position(ring) == capture->end);
    check(records == capture->records);
    ringmill_ring_free(ring);
}

static void check_notes(const struct capture *capture)
{
    uint64_t position = capture->begin, at;
    int64_t monotonic;

    for (size_t i = 0; i < capture->n_walls; i++)
        check(capture->walls[i].position < capture->end);
    for (size_t i = 0; i < capture->n_gaps; i++)
        check(capture->gaps[i].position < capture->end &&
              (capture->gaps[i].type == UINT32_MAX || capture->gaps[i].type < capture->n_types));
    for (size_t i = 1; i < capture->n_marks; i++)
        check(capture->marks[i - 1] < capture->marks[i]);
    check(capture->marks[capture->n_marks - 1] == capture->end);
    while (capture_next_clock(capture, &position, &monotonic, &at))
        check(at < position && position <= capture->end);
}

static char good[GOOD_MAX];
static size_t good_size;

static void put_control(enum capture_control kind, size_t length)
{
    struct frame frame = frame_control(kind, frame_padded((uint32_t)length));

    memcpy(good + good_size, &frame, sizeof(frame));
    good_size += layout_span(frame.length & LAYOUT_LENGTH);
}

/* Two types, some records of each, clocks, a loss, checksums, and an end. */
static void make_good(void)
{
    struct loss loss = {.records = 1};
    struct encoder *one, *other;
    struct error error;

    struct capture_id_name name = {.kind = CAPTURE_USER, .length = 4, .id = 1};

    put_control(CAPTURE_SECTION, sizeof(struct capture_section));
    memcpy(good + good_size + LAYOUT_HEADER, &name, sizeof(name));
    put_control(CAPTURE_NAME, sizeof(name) + name.length);
    put_control(CAPTURE_CHECK, sizeof(struct capture_check));
    capture_encoder_ops.open(&sample_schema, "agent", NULL, &error, &one);
    capture_encoder_ops.open(&other_schema, "other", NULL, &error, &other);
    for (uint32_t i = 0; i < 3; i++) {
        good_size += encode_samples(one, i, 2, good + good_size, GOOD_MAX - good_size);
        good_size += encode_samples(other, i, 1, good + good_size, GOOD_MAX - good_size);
        good_size += encoder_loss(other, &loss, good + good_size, LOSS_BYTES_MAX);
        put_control(CAPTURE_CHECK, sizeof(struct capture_check));
    }
    put_control(CAPTURE_END, sizeof(struct capture_end));
    put_control(CAPTURE_CHECK, sizeof(struct capture_check));
    encoder_close(one);
    encoder_close(other);
}

/* The bytes behind the header; the caller frees them, with room for it in front. */
static uint8_t *make_input(const uint8_t *data, size_t size, size_t *ret_size)
{
    bool change = size > 0 && data[0] & 1;
    size_t length = change ? good_size : size;
    size_t whole = sizeof(struct capture_header) + length;
    uint8_t *bytes = aligned_alloc(8, (whole + 7) & ~(size_t)7);
    uint8_t *body = bytes + sizeof(struct capture_header);

    check(bytes != NULL);
    memset(bytes, 0, sizeof(struct capture_header));
    memcpy(body, change ? (const uint8_t *)good : data, length);
    for (size_t i = 1; change && i + 3 <= size; i += 3)
        body[(data[i] | data[i + 1] << 8) % length] = data[i + 2];
    *ret_size = whole;
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    uint8_t *bytes;
    size_t whole;
    uint64_t cut;

    if (good_size == 0)
        make_good();
    bytes = make_input(data, size, &whole);
    check(capture != NULL);
    mend_checksums(bytes, whole);
    capture->bytes = bytes;
    capture->mapped = whole;
    capture->begin = sizeof(struct capture_header);
    check(capture_scan(capture, "fuzz") == 0);
    walk(capture);
    check_notes(capture);
    cut = size > 0 ? data[0] % 16 + 1 : 1;
    capture_cut(capture, cut);
    walk(capture);
    check_notes(capture);
    capture->bytes = NULL; /* it was not mapped */
    capture_free(capture);
    free(bytes);
    return 0;
}
