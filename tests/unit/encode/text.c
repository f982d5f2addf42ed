// SPDX-License-Identifier: Apache-2.0
#include "encode/text.h"

#include <errno.h>
#include <stdio.h>

#include "base/resolver.h"
#include "unit/encode/support.h"

/* As the one setting binds it. */
struct config {
    const char *template;
};

static void check_line(const char *template, const struct motley *motley, uint32_t length,
                       const char *expected)
{
    const struct config config = {template};

    assert_int_equal(sizeof(config), text_encoder_ops.config_size);
    assert_string_equal(encode_motley(&text_encoder_ops, &config, motley, length), expected);
}

static void lines(void **state)
{
    struct motley motley = motley_sample("/bin/ls", "ls");

    (void)state;
    check_line("{time} {comm}[{pid}] {path}", &motley, sizeof(motley),
               "2026-11-22T22:16:40.000000001Z ls[420] /bin/ls\n");
    check_line("{{{to.port}}} {hops} {hops[1]} {args}", &motley, sizeof(motley),
               "{443} [7,8] 8 ls -l\n");
    check_line("{to} {state} {source} {type}", &motley, sizeof(motley),
               "{\"port\":443,\"ttl\":64} OPEN x -\n");
    check_line("nothing", &motley, sizeof(motley), "nothing\n");
    check_line("{path}|{args}|{hops}|{hops[0]}|{comm}|{to}|{ktime}", &motley, 10,
               "-|-|-|-|-|{\"port\":null,\"ttl\":null}|2026-11-22T22:16:40.000000001Z\n");
}

/* One line whatever the bytes. */
static void hostile_bytes(void **state)
{
    struct motley motley = motley_sample("a\n\"\\\xff\x7f\x1b\t", "");

    (void)state;
    check_line("{path}|{comm}|", &motley, sizeof(motley), "a\\n\"\\\\xff\\u007f\\u001b\\t||\n");
    memcpy(motley.texts + 16, "\n\0x\n", 4);
    motley.args_length = 4;
    check_line("{args}", &motley, sizeof(motley), "\\n x\\n\n");
}

static void refuse(const char *template, size_t offset, const char *expected)
{
    const struct config config = {template};
    struct encoder_place place = {0};
    const struct encoder_options options = {.config = &config, .place = &place};
    const struct schema schema = {
        .type_name = "struct x", .n_fields = MOTLEY_FIELDS, .fields = motley_fields};
    struct encoder *encoder = NULL;
    struct error error = {0};

    assert_int_equal(text_encoder_ops.open(&schema, "x", &options, &error, &encoder), -EINVAL);
    assert_null(encoder);
    assert_string_equal(error.text, expected);
    assert_string_equal(place.setting, "template");
    assert_int_equal(place.offset, offset);
}

static void mistakes(void **state)
{
    (void)state;
    refuse("ab {pit}", 4, "struct x has no field pit; did you mean pid?");
    refuse("{_lost}", 1,
           "struct x has no field _lost; its fields are time, source, _id, ktime, pid, to, state, "
           "hops, ...");
    refuse("{to.prt}", 4, "to has no field prt; did you mean port?");
    refuse("{pid.x}", 5, "pid is not a struct; it has no field x");
    refuse("{hops.x}", 6, "hops is an array; write hops[0] for its first element");
    refuse("{pid[0]}", 5, "pid is not an array");
    refuse("{args[0]}", 6, "args is a list of texts; write args for the whole list");
    refuse("{hops[]}", 6, "hops is an array; write hops[0] for its first element");
    refuse("{hops[2]}", 6, "hops has 2 elements; the last index is 1");
    refuse("{hops[99999999999]}", 6, "expected an index of up to 9 digits and ], as in [0]");
    refuse("{hops[x]}", 6, "expected an index of up to 9 digits and ], as in [0]");
    refuse("{hops[0]x}", 8, "expected . or [ after \"hops[0]\"");
    refuse("{.x}", 1, "\".x\" is not a field path; write a.b or a[2].c");
    refuse("a {pid", 2, "expected a field name and }; write {{ for a plain {");
    refuse("{}", 0, "expected a field name and }; write {{ for a plain {");
    refuse("a } b", 2, "write }} for a plain }");
    refuse("a\nb", 1, "a template must be one line");
}

/* What only another type of the same source has is null here. */
static void siblings(void **state)
{
    static struct field other_fields[] = {{.name = "exit", .kind = FIELD_INT, .size = 4}};
    const struct schema other = {.type_name = "struct y", .n_fields = 1, .fields = other_fields};
    const struct schema *const list[] = {&other, NULL};
    const struct config config = {"{pid} {exit} {exit.x} {type}"};
    const struct encoder_options options = {.config = &config, .siblings = list, .type = "x"};
    struct motley motley = motley_sample("", "");
    struct schema schema;
    struct encoder *encoder =
        open_format(&text_encoder_ops, &schema, motley_fields, MOTLEY_FIELDS, &options);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, &motley, sizeof(motley), NULL),
                        "420 - - x\n");
    encoder_close(encoder);
}

/* Elements deep within, and names of ids. */
static void paths(void **state)
{
    static struct field members[] = {
        {.name = "uid", .kind = FIELD_UINT, .meaning = MEANING_UID, .size = 1},
        {.name = "name", .kind = FIELD_CHARS, .offset = 1, .size = 3}};
    static struct field host = {
        .name = "", .kind = FIELD_STRUCT, .size = 4, .members = members, .n_members = 2};
    static struct field fields[] = {{.name = "hosts",
                                     .kind = FIELD_ARRAY,
                                     .size = 12,
                                     .count = 3,
                                     .stride = 4,
                                     .members = &host,
                                     .n_members = 1},
                                    {.name = "time", .kind = FIELD_UINT, .size = 1}};
    const struct config config = {"{hosts[2].name} {hosts[1].uid} {hosts[1].uid_name} {time}"};
    struct resolver *resolver = resolver_new(NULL);
    const struct encoder_options options = {.config = &config, .resolver = resolver};
    struct schema schema;
    struct encoder *encoder = open_format(&text_encoder_ops, &schema, fields, 2, &options);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, "\1ab\0\2cd\0\3efg", 12, NULL),
                        "efg 2 - 1\n");
    assert_string_equal(encode_sample(encoder, &schema, "\1ab\0\2cd\0\3ef", 11, NULL),
                        "ef 2 - 1\n");
    assert_string_equal(encode_sample(encoder, &schema, "\1ab\0\2cd\0\3", 9, NULL), "- 2 - 1\n");
    encoder_close(encoder);
    resolver_free(resolver);
}

static void losses(void **state)
{
    const struct config config = {"{pid}"};
    const struct encoder_options options = {.wall = &wall, .config = &config};
    const struct loss loss = {.records = 17, .since = 1000000000000, .until = 1000000000001};
    struct schema schema;
    struct encoder *encoder =
        open_format(&text_encoder_ops, &schema, motley_fields, MOTLEY_FIELDS, &options);
    char out[LOSS_BYTES_MAX];

    (void)state;
    out[encoder_loss(encoder, &loss, out, sizeof(out) - 1)] = '\0';
    assert_string_equal(out, "2026-11-22T22:16:40.000000001Z x: 17 records lost since "
                             "2026-11-22T22:16:40.000000000Z\n");
    encoder_close(encoder);
}

static void every_room(void **state)
{
    struct motley motley = motley_sample("a \"b\"\n", "x");
    const struct config config = {"{time} {path} {args} {hops} {to} {pid} {_id}"};

    (void)state;
    check_every_room(&text_encoder_ops, &config, &motley);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),      cmocka_unit_test(hostile_bytes), cmocka_unit_test(mistakes),
        cmocka_unit_test(siblings),   cmocka_unit_test(paths),         cmocka_unit_test(losses),
        cmocka_unit_test(every_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
