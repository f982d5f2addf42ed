// SPDX-License-Identifier: Apache-2.0

/* One record in all formats, as docs/output.md shows it. */

#include "encode/line_encoder.h"

#include <stdio.h>
#include <stdlib.h>

#include "encode/csv.h"
#include "encode/logfmt.h"
#include "encode/registry.h"
#include "encode/text.h"
#include "unit/encode/support.h"

static char *read_manual(void)
{
    FILE *file = fopen(RINGMILL_DOCS "/output.md", "r");
    char *text = calloc(1, 64 * 1024);

    assert_non_null(file);
    assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

static void shows(const char *manual, const char *line)
{
    char indented[1024];

    snprintf(indented, sizeof(indented), "\n    %s", line);
    if (!strstr(manual, indented))
        fail_msg("docs/output.md does not show %s", line);
}

static void as_the_manual_says(void **state)
{
    static const struct encoder_ops *const formats[] = {&json_encoder_ops, &json_flat_encoder_ops,
                                                        &logfmt_encoder_ops, &csv_encoder_ops,
                                                        &text_encoder_ops};
    static const char *const template = "{time} {comm}[{pid}] {to.port} {path} ({args})";
    const struct loss loss = {.records = 17, .since = 1000000000000, .until = 1001000000000};
    const struct schema schema = {
        .type_name = "struct x", .n_fields = MOTLEY_FIELDS, .fields = motley_fields};
    struct motley motley = motley_sample("/tmp/a, \"b\"", "ls");
    char *manual = read_manual(), out[LOSS_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        const struct encoder_options options = {
            .wall = &wall, .config = formats[i] == &text_encoder_ops ? &template : NULL};
        struct encoder *encoder;

        assert_int_equal(formats[i]->open(&schema, "conn", &options, NULL, &encoder), 0);
        shows(manual, encode_sample(encoder, &schema, &motley, sizeof(motley), NULL));
        out[encoder_loss(encoder, &loss, out, sizeof(out) - 1)] = '\0';
        shows(manual, out);
        if (formats[i]->has_header)
            shows(manual, encoder->common);
        encoder_close(encoder);
    }
    free(manual);
}

/* What a terminal takes for the beginning of a command, what ends a line elsewhere, and what turns
 * text round. */
static void no_format_writes_controls_of_unicode(void **state)
{
    static const char *const template = "{path} {comm} {args}";
    const struct schema schema = {
        .type_name = "struct x", .n_fields = MOTLEY_FIELDS, .fields = motley_fields};
    struct motley motley = motley_sample("\xc2\x9b"
                                         "2J\xe2\x80\xa8",
                                         "\xe2\x80\xae"
                                         "gpj");

    (void)state;
    for (const struct encoder_ops *const *format = encoder_kinds; *format; format++) {
        const struct encoder_options options = {
            .wall = &wall, .config = *format == &text_encoder_ops ? &template : NULL};
        struct encoder *encoder;
        const char *line;

        if ((*format)->framing != FRAMING_LINES)
            continue;
        assert_int_equal((*format)->open(&schema, "x", &options, NULL, &encoder), 0);
        line = encode_sample(encoder, &schema, &motley, sizeof(motley), NULL);
        assert_non_null(strstr(line, "\\u009b2J\\u2028"));
        assert_non_null(strstr(line, "\\u202egpj"));
        for (; *line; line++)
            assert_true((unsigned char)*line < 0x7f);
        encoder_close(encoder);
    }
}

/* The record that does not fit is where an encoder stops, and where it goes on. */
static void goes_on_where_it_stopped(void **state)
{
    struct motley motley = motley_sample("a", "b");
    struct ringmill_view views[5];
    const struct encoder_options options = {.wall = &wall};
    struct schema schema;
    struct encoder *encoder =
        open_format(&logfmt_encoder_ops, &schema, motley_fields, MOTLEY_FIELDS, &options);
    struct batch batch = {.schema = &schema, .views = views, .count = 5};
    char out[1024];
    size_t used, one;

    (void)state;
    for (int i = 0; i < 5; i++)
        views[i] = (struct ringmill_view){.data = &motley, .length = sizeof(motley)};
    batch_select_all(&batch);
    batch.selection[1] = 3; /* two are filtered away */
    batch.selection[2] = 4;
    batch.selected = 3;
    assert_int_equal(encoder_batch(encoder, &batch, 2, out, sizeof(out), &one), 1);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, 2 * one + 5, &used), 2);
    assert_int_equal(used, 2 * one);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out), &used), 3);
    assert_int_equal(framing_count(FRAMING_LINES, out, used), 3);
    encoder_close(encoder);
}

/* A list longer than the longest event is as any other event that is too long. */
static void lists_have_a_limit(void **state)
{
    const struct encoder_options options = {.wall = &wall, .event_max = 8};
    struct motley motley = motley_sample("a", "b");
    const struct ringmill_view view = {.data = &motley, .length = sizeof(motley)};
    struct schema schema;
    struct batch batch = {.schema = &schema, .views = &view, .count = 1};
    struct encoder *encoder =
        open_format(&csv_encoder_ops, &schema, motley_fields + 6, 1, &options);
    char out[1024];
    size_t used;

    (void)state;
    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out), &used), 0);
    assert_int_equal(used, 0);
    encoder_close(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_manual_says),
        cmocka_unit_test(no_format_writes_controls_of_unicode),
        cmocka_unit_test(goes_on_where_it_stopped),
        cmocka_unit_test(lists_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
