// SPDX-License-Identifier: Apache-2.0
#include "encode/raw.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "unit/encode/support.h"

/* As the one setting binds it. */
struct config {
    bool tag;
};

static const char bytes[] = "ab\ncdefgh";

static size_t encode_two(struct encoder *encoder, const struct schema *schema, char *out,
                         size_t room, uint32_t expected)
{
    const struct ringmill_view views[] = {{.data = bytes, .length = 3},
                                          {.data = bytes, .length = 0}};
    struct batch batch = {.schema = schema, .views = views, .count = 2};
    size_t used;

    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, room, &used), expected);
    return used;
}

static void plain(void **state)
{
    struct field field = {.name = "a", .kind = FIELD_UINT, .size = 1};
    const struct loss loss = {.records = 1};
    struct schema schema;
    struct encoder *encoder = open_format(&raw_encoder_ops, &schema, &field, 1, NULL);
    char out[64];

    (void)state;
    assert_string_equal(encoder->common, "struct x of 0 bytes");
    assert_int_equal(encode_two(encoder, &schema, out, sizeof(out), 2), 11);
    assert_int_equal(encode_two(encoder, &schema, out, 11, 2), 11);
    assert_memory_equal(out, "\3\0\0\0ab\n\0\0\0\0", 11);
    assert_int_equal(framing_count(FRAMING_PREFIXED, out, 11), 2);
    assert_int_equal(encode_two(encoder, &schema, out, 10, 1), 7);
    assert_int_equal(encode_two(encoder, &schema, out, 6, 0), 0);
    assert_int_equal(encoder_loss(encoder, &loss, out, sizeof(out)), 0);
    encoder_close(encoder);
}

static void tagged(void **state)
{
    const struct config config = {true};
    const struct encoder_options options = {.config = &config, .type = "open"};
    const struct loss loss = {.records = 17, .since = 2, .until = 3};
    struct field field = {.name = "a", .kind = FIELD_UINT, .size = 1};
    struct schema schema;
    struct encoder *encoder = open_format(&raw_encoder_ops, &schema, &field, 1, &options);
    char out[64];

    (void)state;
    assert_int_equal(sizeof(config), raw_encoder_ops.config_size);
    assert_null(encoder->common);
    assert_int_equal(encode_two(encoder, &schema, out, sizeof(out), 2), 25);
    assert_memory_equal(out, "\12\0\0\0\6x:openab\n\7\0\0\0\6x:open", 25);
    assert_int_equal(encoder_loss(encoder, &loss, out, sizeof(out)), 36);
    assert_memory_equal(out,
                        "\40\0\0\0\7x:!lost"
                        "\21\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0",
                        36);
    assert_int_equal(encoder_loss(encoder, &loss, out, 35), 0);
    encoder_close(encoder);
}

static void limits(void **state)
{
    const struct config config = {true};
    struct encoder_options options = {.event_max = 6};
    struct field field = {.name = "a", .kind = FIELD_UINT, .size = 1};
    struct schema schema;
    struct encoder *encoder = open_format(&raw_encoder_ops, &schema, &field, 1, &options);
    struct error error;
    char out[64], type[256];

    (void)state;
    assert_int_equal(encode_two(encoder, &schema, out, sizeof(out), 0), 0);
    encoder_close(encoder);
    memset(type, 't', sizeof(type));
    type[254] = '\0';
    options = (struct encoder_options){.config = &config, .type = type};
    assert_int_equal(raw_encoder_ops.open(&schema, "x", &options, &error, &encoder), -EINVAL);
    assert_non_null(strstr(error.text, "longer than 255 bytes"));
    type[253] = '\0';
    assert_int_equal(raw_encoder_ops.open(&schema, "x", &options, &error, &encoder), 0);
    encoder_close(encoder);
}

static void rows_have_no_bytes(void **state)
{
    struct field fields[] = {{.name = "_start", .kind = FIELD_UINT, .size = 8, .column = 1},
                             {.name = "n", .kind = FIELD_UINT, .size = 8, .column = 2}};
    struct schema rows = {.type_name = "an aggregate", .n_fields = 2, .fields = fields};
    struct encoder *encoder;
    struct error error;

    (void)state;
    assert_int_equal(raw_encoder_ops.open(&rows, "x", NULL, &error, &encoder), -EINVAL);
    assert_string_equal(error.text, "the format raw writes bytes of a ring, and an aggregate has "
                                    "none; choose another format, such as json");
    fields[1].column = 0;
    assert_int_equal(raw_encoder_ops.open(&rows, "x", NULL, &error, &encoder), 0);
    encoder_close(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(tagged),
        cmocka_unit_test(limits),
        cmocka_unit_test(rows_have_no_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
