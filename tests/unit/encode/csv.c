// SPDX-License-Identifier: Apache-2.0

/* What random records give is read back by tests/encode/formats.py; here are the rules. */

#include "encode/csv.h"

#include <stdio.h>

#include "encode/line_encoder.h"
#include "unit/encode/support.h"

static void whole_record(void **state)
{
    struct motley motley = motley_sample("/bin/ls", "ls");
    const struct encoder_options options = {.wall = &wall, .event_max = 1024};
    struct schema schema;
    struct encoder *encoder =
        open_format(&csv_encoder_ops, &schema, motley_fields, MOTLEY_FIELDS, &options);

    (void)state;
    assert_string_equal(encoder->common,
                        "time,source,pid,to.port,to.ttl,state,hops,path,args,comm,_lost\n");
    assert_string_equal(encode_sample(encoder, &schema, &motley, sizeof(motley), NULL),
                        "2026-11-22T22:16:40.000000001Z,x,420,443,64,OPEN,\"[7,8]\",/bin/ls,"
                        "\"[\"\"ls\"\",\"\"-l\"\"]\",ls,\n");
    assert_string_equal(encode_sample(encoder, &schema, &motley, 16, NULL),
                        "2026-11-22T22:16:40.000000001Z,x,420,443,64,OPEN,,,,,\n");
    encoder_close(encoder);
}

static void quotes(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        {"", ",\"\","},
        {"a b", ",a b,"},
        {" a", ",\" a\","},
        {"a ", ",\"a \","},
        {"a,b", ",\"a,b\","},
        {"a\"b\\", ",\"a\"\"b\\\","},
        {"a\r\nb", ",a\\r\\nb,"},
        {"\x01,\x7f", ",\"\\u0001,\\u007f\","},
        {"\xc3\xa4\xc3", ",\xc3\xa4\\xc3,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct motley motley = motley_sample(rows[i].text, "x");
        const char *event = encode_motley(&csv_encoder_ops, NULL, &motley, sizeof(motley));

        if (!strstr(event, rows[i].value))
            fail_msg("no %s in %s", rows[i].value, event);
    }
}

/* A loss has as many columns as a record, with and without time, type and id. */
static void losses(void **state)
{
    const struct loss loss = {.records = 17, .since = 1000000000000, .until = 1000000000001};
    static const char *const expected[] = {"2026-11-22T22:16:40.000000001Z,x,,,,,,,,,,,17\n",
                                           "x,,,,,,,,,,,17\n"};
    const struct line_config with_id = {.id = true};
    const struct encoder_options options = {.wall = &wall, .type = "t", .config = &with_id};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct schema schema;
        struct encoder *encoder = open_format(&csv_encoder_ops, &schema, motley_fields + i,
                                              MOTLEY_FIELDS - (uint32_t)i, &options);
        char out[LOSS_BYTES_MAX];
        size_t length = encoder_loss(encoder, &loss, out, sizeof(out) - 1);

        out[length] = '\0';
        assert_string_equal(out, expected[i]);
        assert_string_equal(encoder->common + (i ? 0 : 5),
                            "source,type,_id,pid,to.port,to.ttl,state,hops,path,args,comm,_lost\n");
        encoder_close(encoder);
    }
}

static void every_room(void **state)
{
    struct motley motley = motley_sample("a,\"b\"\n", "x");

    (void)state;
    check_every_room(&csv_encoder_ops, NULL, &motley);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_record),
        cmocka_unit_test(quotes),
        cmocka_unit_test(losses),
        cmocka_unit_test(every_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
