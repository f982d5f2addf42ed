// SPDX-License-Identifier: Apache-2.0

/* What random records give is read back by tests/encode/formats.py; here are the rules. */

#include "encode/logfmt.h"

#include <stdio.h>

#include "encode/line_encoder.h"
#include "unit/encode/support.h"

static void whole_record(void **state)
{
    struct motley motley = motley_sample("/bin/ls", "ls");
    const struct line_config with_id = {.id = true};
    const char *event, *id;

    (void)state;
    assert_string_equal(encode_motley(&logfmt_encoder_ops, NULL, &motley, sizeof(motley)),
                        "time=2026-11-22T22:16:40.000000001Z source=x pid=420 to.port=443 "
                        "to.ttl=64 state=OPEN hops=[7,8] path=/bin/ls "
                        "args=\"[\\\"ls\\\",\\\"-l\\\"]\" comm=ls\n");
    event = encode_motley(&logfmt_encoder_ops, &with_id, &motley, sizeof(motley));
    id = strstr(event, " _id=");
    assert_non_null(id);
    assert_ptr_equal(strstr(id, " pid=420") - 5 - 36, id + strlen("-x-12.4096"));
}

/* Quotes where go-logfmt has them, and nowhere else. */
static void quotes(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        {"", "path= "},
        {"a\\b", "path=a\\b "},
        {"a b", "path=\"a b\" "},
        {"a=b", "path=\"a=b\" "},
        {"\"", "path=\"\\\"\" "},
        {"a\nb\\", "path=\"a\\nb\\\\\" "},
        {"\x01\x7f", "path=\"\\u0001\\u007f\" "},
        {"\xc3\xa4", "path=\xc3\xa4 "},
        {"\xc3", "path=\"\\\\xc3\" "},
        {"null", "path=\"null\" "},
        {"nulls", "path=nulls "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct motley motley = motley_sample(rows[i].text, "");
        const char *event = encode_motley(&logfmt_encoder_ops, NULL, &motley, sizeof(motley));

        if (!strstr(event, rows[i].value))
            fail_msg("no %s in %s", rows[i].value, event);
    }
}

static void nothing_there(void **state)
{
    struct motley motley = motley_sample("", "");

    (void)state;
    motley.state = 2;
    assert_string_equal(encode_motley(&logfmt_encoder_ops, NULL, &motley, 16),
                        "time=2026-11-22T22:16:40.000000001Z source=x pid=420 to.port=443 "
                        "to.ttl=64 state=\"HALF OPEN\" hops=null path=null args=null comm=null\n");
}

/* No key needs quotes, and each is there once. */
static void keys(void **state)
{
    struct field inner[] = {{.name = "b", .kind = FIELD_UINT, .size = 1}};
    struct field fields[] = {
        {.name = "a", .kind = FIELD_STRUCT, .size = 1, .members = inner, .n_members = 1},
        {.name = "a.b", .kind = FIELD_UINT, .size = 1},
        {.name = "c d=\"\xff", .kind = FIELD_UINT, .size = 1},
        {.name = "_lost", .kind = FIELD_UINT, .size = 1},
        {.name = "empty", .kind = FIELD_STRUCT},
    };
    struct schema schema;
    struct encoder *encoder = open_format(&logfmt_encoder_ops, &schema, fields, 5, NULL);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, "\7", 1, NULL),
                        "source=x a.b_=7 a.b=7 c_d___=7 _lost_=7\n");
    encoder_close(encoder);
}

static void losses(void **state)
{
    const struct encoder_options options = {.wall = &wall};
    const struct loss loss = {.records = 17, .since = 1000000000000, .until = 1000000000001};
    struct schema schema;
    struct encoder *encoder =
        open_format(&logfmt_encoder_ops, &schema, motley_fields, MOTLEY_FIELDS, &options);
    char out[LOSS_BYTES_MAX];
    size_t length = encoder_loss(encoder, &loss, out, sizeof(out));

    (void)state;
    out[length] = '\0';
    assert_string_equal(out, "time=2026-11-22T22:16:40.000000001Z source=x _lost=17 "
                             "_since=2026-11-22T22:16:40.000000000Z "
                             "_until=2026-11-22T22:16:40.000000001Z\n");
    assert_int_equal(encoder_loss(encoder, &loss, out, length - 1), 0);
    encoder_close(encoder);
}

static void every_room(void **state)
{
    struct motley motley = motley_sample("a \"b\"\n", "x");

    (void)state;
    check_every_room(&logfmt_encoder_ops, NULL, &motley);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_record), cmocka_unit_test(quotes), cmocka_unit_test(nothing_there),
        cmocka_unit_test(keys),         cmocka_unit_test(losses), cmocka_unit_test(every_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
