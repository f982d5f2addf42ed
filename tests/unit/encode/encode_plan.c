// SPDX-License-Identifier: Apache-2.0

#include "encode/encode_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/line_encoder.h"
#include "unit/encode/support.h"

#define BYTE(text, at)                                                \
    {                                                                 \
        .name = (text), .kind = FIELD_UINT, .offset = (at), .size = 1 \
    }

static const uint8_t sample[64] = {1, 2, 3, 4, 5, 6, 7, 8};

/* What an event says of itself comes first; whatever else would have the same key gives way. */
static void keys_are_unique(void **state)
{
    struct field fields[] = {BYTE("source", 0), BYTE("type", 1),    BYTE("type_", 2),
                             BYTE("time", 3),   BYTE("source_", 4), BYTE("_lost", 5),
                             BYTE("a", 6),      BYTE("a", 7)};
    const struct encoder_options options = {.type = "t\n"};
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, 8, &options);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, sample, 8, NULL),
                        "{\"source\":\"x\",\"type\":\"t\\n\",\"source_\":1,\"type_\":2,"
                        "\"type__\":3,\"time\":4,\"source__\":5,\"_lost_\":6,\"a\":7,\"a_\":8}\n");
    encoder_close(encoder);
}

/* Names of ids stand after them, at every depth, and never take a field's key. */
static void keys_of_names(void **state)
{
    struct field members[] = {
        {.name = "gid", .kind = FIELD_UINT, .meaning = MEANING_GID, .size = 4}};
    struct field element = {
        .name = "", .kind = FIELD_UINT, .meaning = MEANING_UID, .offset = 4, .size = 4};
    struct field fields[] = {
        {.name = "uid", .kind = FIELD_UINT, .meaning = MEANING_UID, .size = 1},
        BYTE("uid_name", 1),
        {.name = "cgroup_id", .kind = FIELD_UINT, .meaning = MEANING_CGROUP_ID, .size = 8},
        {.name = "_id", .kind = FIELD_UINT, .meaning = MEANING_CGROUP_ID, .size = 1},
        {.name = "who", .kind = FIELD_STRUCT, .size = 4, .members = members, .n_members = 1},
        {.name = "all",
         .kind = FIELD_ARRAY,
         .offset = 4,
         .size = 4,
         .count = 1,
         .stride = 4,
         .members = &element,
         .n_members = 1},
    };
    struct resolver *resolver = resolver_new(NULL);
    struct encoder_options options = {.resolver = resolver};
    struct resolver_counts counts;
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, 6, &options);

    (void)state;
    assert_true(resolver_wanted(resolver));
    assert_string_equal(
        encode_sample(encoder, &schema, sample, 8, NULL),
        "{\"source\":\"x\",\"uid\":1,\"uid_name_\":null,\"uid_name\":2,"
        "\"cgroup_id\":578437695752307201,\"cgroup_path\":null,\"_id\":1,\"_id_path\":null,"
        "\"who\":{\"gid\":67305985,\"gid_name\":null},\"all\":[134678021]}\n");
    encoder_close(encoder);
    resolver_count(resolver, &counts);
    assert_int_equal(counts.unresolved, 4);
    assert_false(resolver_wanted(resolver));

    options.resolver = NULL;
    encoder = open_fields(&schema, fields, 2, &options);
    assert_string_equal(encode_sample(encoder, &schema, sample, 8, NULL),
                        "{\"source\":\"x\",\"uid\":1,\"uid_name\":2}\n");
    encoder_close(encoder);
    resolver_free(resolver);
}

/* Structs laid flat: one set of keys for all of it, names of ids beside their ids, arrays as they
 * are. */
static void flat(void **state)
{
    struct field deep[] = {BYTE("z", 3)};
    struct field members[] = {
        {.name = "gid", .kind = FIELD_UINT, .meaning = MEANING_GID, .size = 1},
        {.name = "deep", .kind = FIELD_UNION, .size = 4, .members = deep, .n_members = 1}};
    struct field element = {
        .name = "", .kind = FIELD_STRUCT, .size = 4, .members = members, .n_members = 2};
    struct field fields[] = {
        {.name = "a", .kind = FIELD_STRUCT, .size = 4, .members = members, .n_members = 2},
        BYTE("a.gid", 4),
        {.name = "none", .kind = FIELD_STRUCT},
        {.name = "list",
         .kind = FIELD_ARRAY,
         .size = 4,
         .count = 1,
         .stride = 4,
         .members = &element,
         .n_members = 1},
    };
    struct resolver *resolver = resolver_new(NULL);
    const struct encoder_options options = {.resolver = resolver};
    struct schema schema;
    struct encoder *encoder = open_format(&json_flat_encoder_ops, &schema, fields, 4, &options);

    (void)state;
    assert_string_equal(encode_sample(encoder, &schema, sample, 8, NULL),
                        "{\"source\":\"x\",\"a.gid_\":1,\"a.gid_name\":null,\"a.deep.z\":4,"
                        "\"a.gid\":5,\"list\":[{\"gid\":1,\"gid_name\":null,\"deep\":{\"z\":4}}]}"
                        "\n");
    encoder_close(encoder);
    resolver_free(resolver);
}

/* _id tells the kernel's run, the source, the ring and the place in it. */
static void ids(void **state)
{
    const struct line_config config = {.id = true};
    const struct encoder_options options = {.type = "t", .config = &config};
    struct field fields[] = {BYTE("_id", 0)};
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, 1, &options);
    char boot_id[37] = "", expected[128];
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

    (void)state;
    assert_int_equal(fread(boot_id, 1, 36, file), 36);
    fclose(file);
    snprintf(expected, sizeof(expected),
             "{\"source\":\"x\",\"type\":\"t\",\"_id\":\"%s-x-12.4096\",\"_id_\":1}\n", boot_id);
    assert_string_equal(encode_sample(encoder, &schema, sample, 8, NULL), expected);
    encoder_close(encoder);
}

static void nothing_inside(void **state)
{
    struct field element = {.name = "", .kind = FIELD_STRUCT, .offset = 1};
    struct field fields[] = {
        {.name = "empty", .kind = FIELD_STRUCT},
        BYTE("a", 0),
        {.name = "list",
         .kind = FIELD_ARRAY,
         .count = 2,
         .offset = 1,
         .members = &element,
         .n_members = 1},
        {.name = "rest", .kind = FIELD_ARRAY, .offset = 1, .members = &element, .n_members = 1},
    };

    (void)state;
    assert_string_equal(encode_fields(fields, 4, sample, 8),
                        "{\"source\":\"x\",\"empty\":{},\"a\":1,\"list\":[{},{}],\"rest\":[]}\n");
    assert_string_equal(encode_fields(fields, 0, sample, 8), "{\"source\":\"x\"}\n");
}

static void depth_is_limited(void **state)
{
    struct field fields[ENCODE_DEPTH_MAX + 2] = {{0}};
    struct schema schema = {.type_name = "struct x", .n_fields = 1, .fields = fields};
    struct encoder *encoder = NULL;
    struct error error;

    (void)state;
    for (int i = 0; i < ENCODE_DEPTH_MAX; i++)
        fields[i] = (struct field){
            .name = "a", .kind = FIELD_STRUCT, .members = &fields[i + 1], .n_members = 1};
    fields[ENCODE_DEPTH_MAX] = (struct field)BYTE("a", 0);
    assert_int_equal(json_encoder_ops.open(&schema, "x", NULL, &error, &encoder), 0);
    encoder_close(encoder);
    fields[ENCODE_DEPTH_MAX] = fields[0];
    fields[ENCODE_DEPTH_MAX].members = &fields[ENCODE_DEPTH_MAX + 1];
    fields[ENCODE_DEPTH_MAX + 1] = (struct field)BYTE("a", 0);
    assert_int_equal(json_encoder_ops.open(&schema, "x", NULL, &error, &encoder), -EINVAL);
    assert_string_equal(error.text, "structs and arrays are nested more than 64 levels deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(keys_of_names),
        cmocka_unit_test(flat),
        cmocka_unit_test(ids),
        cmocka_unit_test(nothing_inside),
        cmocka_unit_test(depth_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
