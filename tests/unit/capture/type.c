// SPDX-License-Identifier: Apache-2.0

/* Types there and back, and descriptions that lie. */

#include "capture/type.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/format.h"
#include "schema/ctext.h"
#include "schema/meaning.h"
#include "unit/capture/support.h"

static void same_text(const char *one, const char *other)
{
    if (one && other)
        assert_string_equal(one, other);
    else
        assert_ptr_equal(one, other);
}

static void same_fields(const struct field *one, const struct field *other, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_string_equal(one[i].name, other[i].name);
        same_text(one[i].type_name, other[i].type_name);
        assert_int_equal(one[i].kind, other[i].kind);
        assert_int_equal(one[i].meaning, other[i].meaning);
        assert_int_equal(one[i].is_signed, other[i].is_signed);
        assert_int_equal(one[i].bits, other[i].bits);
        assert_int_equal(one[i].shift, other[i].shift);
        assert_int_equal(one[i].column, 0);
        assert_int_equal(one[i].offset, other[i].offset);
        assert_int_equal(one[i].size, other[i].size);
        assert_int_equal(one[i].count, other[i].count);
        assert_int_equal(one[i].stride, other[i].stride);
        assert_int_equal(one[i].n_names, other[i].n_names);
        for (uint32_t j = 0; j < one[i].n_names; j++) {
            assert_string_equal(one[i].names[j].name, other[i].names[j].name);
            assert_int_equal(one[i].names[j].value, other[i].names[j].value);
        }
        assert_int_equal(one[i].n_members, other[i].n_members);
        same_fields(one[i].members, other[i].members,
                    one[i].kind == FIELD_ARRAY ? 1 : one[i].n_members);
    }
}

struct description {
    void *bytes;
    uint32_t size;
    uint32_t tag;
};

static struct description describe(const struct schema *schema, const char *source,
                                   const char *label)
{
    struct description description;
    struct error error = {0};

    if (capture_type_write(schema, source, label, 0, &error, &description.bytes, &description.size,
                           &description.tag) < 0)
        fail_msg("%s", error.text);
    return description;
}

static void there_and_back(void **state)
{
    struct description description = describe(&sample_schema, "agent", "sample");
    struct capture_type type;
    struct error error;

    (void)state;
    assert_int_equal(capture_type_read(description.bytes, description.size, &error, &type), 0);
    assert_int_equal(type.tag, description.tag);
    assert_string_equal(type.source, "agent");
    assert_string_equal(type.label, "sample");
    assert_string_equal(type.schema->type_name, "struct sample");
    assert_int_equal(type.schema->size, 64);
    assert_int_equal(type.schema->n_fields, sample_schema.n_fields);
    same_fields(type.schema->fields, sample_schema.fields, sample_schema.n_fields);
    schema_free(type.schema);
    free(description.bytes);
}

static void what_its_source_does_not_know(void **state)
{
    struct description known = describe(&sample_schema, "agent", "sample"), unknown;
    struct capture_type type;
    struct error error;

    (void)state;
    assert_int_equal(capture_type_write(&sample_schema, "agent", "sample", CAPTURE_LOST_UNKNOWN,
                                        &error, &unknown.bytes, &unknown.size, &unknown.tag),
                     0);
    assert_int_not_equal(unknown.tag, known.tag);
    assert_int_equal(capture_type_read(unknown.bytes, unknown.size, &error, &type), 0);
    assert_true(type.lost_unknown);
    schema_free(type.schema);
    assert_int_equal(capture_type_read(known.bytes, known.size, &error, &type), 0);
    assert_false(type.lost_unknown);
    schema_free(type.schema);
    free(known.bytes);
    free(unknown.bytes);
}

/* As a source has them, not as this test would write them. */
static void types_out_of_c(void **state)
{
    static const char text[] = "enum e { A = -1, B = 1 << 20 };\n"
                               "struct inner { __u16 x : 3, y : 13; __u8 mac[6]; };\n"
                               "struct all {\n"
                               "    __u64 number; __int128 wide; void *at; double ratio;\n"
                               "    struct inner list[3]; __u32 grid[2][3]; char words[2][8];\n"
                               "    union { __u32 word; __u8 bytes[4]; struct { __u16 low; }; };\n"
                               "    enum e e; long long far : 40; _Bool yes;\n"
                               "    struct { struct inner deep[2]; } box;\n"
                               "    struct inner rest[];\n"
                               "} __attribute__((packed));\n";
    struct description description;
    struct capture_type type;
    struct schema *schema;
    struct error error;

    (void)state;
    if (schema_from_ctext(text, NULL, &error, NULL, NULL, &schema) < 0)
        fail_msg("%s", error.text);
    description = describe(schema, "agent", NULL);
    if (capture_type_read(description.bytes, description.size, &error, &type) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(type.schema->n_fields, schema->n_fields);
    same_fields(type.schema->fields, schema->fields, schema->n_fields);
    schema_free(type.schema);
    schema_free(schema);
    free(description.bytes);
}

static const struct field *same_other(const struct field *one, const struct field *other)
{
    assert_int_equal(!one, !other);
    if (!one)
        return NULL;
    assert_int_equal(one->offset, other->offset);
    assert_int_equal(one->size, other->size);
    assert_int_equal(one->is_signed, other->is_signed);
    assert_int_equal(one->bits, other->bits);
    assert_int_equal(one->shift, other->shift);
    return one;
}

static void same_guards(const struct field_guard *one, const struct field_guard *other)
{
    if (!one || !other) {
        assert_ptr_equal(one, other);
        return;
    }
    assert_non_null(same_other(one->tag, other->tag));
    assert_int_equal(one->n_values, other->n_values);
    for (uint32_t i = 0; i < one->n_values; i++)
        assert_int_equal(one->values[i], other->values[i]);
    same_guards(one->outer, other->outer);
}

/* What another field decides about stays so, also where that has been taken out of the type. */
static void what_others_decide_about(void **state)
{
    static const char text[] =
        "struct event { int kind : 5; unsigned n; char args[64]; char list[8];"
        "  unsigned char saddr[16]; short family; long stack[4];"
        "  union { unsigned one; unsigned char two[4]; } arm; };";
    static const struct meaning_choice choices[] = {{"args", "texts:n", NULL},
                                                    {"list", "texts", NULL},
                                                    {"stack", "size:n", NULL},
                                                    {"arm.two", "by:n,is:7", NULL},
                                                    {"arm", "by:kind,1:one,-2:one,3:two", NULL}};
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    struct description description;
    struct capture_type type;
    struct error error;
    uint32_t wrong;

    (void)state;
    assert_int_equal(schema_from_ctext(text, NULL, &error, NULL, NULL, &schema), 0);
    if (meaning_apply(schema, choices, 5, &error, &wrong) < 0)
        fail_msg("%s", error.text);
    description = describe(schema, "agent", NULL);
    if (capture_type_read(description.bytes, description.size, &error, &type) < 0)
        fail_msg("%s", error.text);
    same_fields(type.schema->fields, schema->fields, schema->n_fields);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct field *one = &type.schema->fields[i], *other = &schema->fields[i];

        same_other(one->by, other->by);
        assert_int_equal(one->by_each, other->by_each);
        assert_int_equal(one->in_place, other->in_place);
    }
    for (uint32_t i = 0; i < 2; i++)
        same_guards(type.schema->fields[7].members[i].guard, schema->fields[7].members[i].guard);
    assert_int_equal(type.schema->fields[4].meaning, MEANING_IP);
    schema_free(type.schema);
    free(description.bytes);
}

static void tags_follow_from_the_rest(void **state)
{
    struct description all[] = {
        describe(&sample_schema, "agent", NULL), describe(&sample_schema, "agent", NULL),
        describe(&sample_schema, "agent", "x"),  describe(&sample_schema, "agens", NULL),
        describe(&other_schema, "agent", NULL),
    };

    (void)state;
    assert_int_equal(all[0].tag, all[1].tag);
    for (int i = 1; i < 5; i++)
        for (int j = i + 1; j < 5; j++)
            assert_int_not_equal(all[i].tag, all[j].tag);
    for (int i = 0; i < 5; i++)
        free(all[i].bytes);
}

static void what_a_capture_cannot_hold(void **state)
{
    static struct field many[2000];
    struct field column = {.name = "c", .kind = FIELD_UINT, .size = 8, .column = 1};
    struct schema added = {.type_name = "t", .n_fields = 1, .fields = &column, .n_columns = 1};
    struct schema large = {
        .type_name = "struct large", .size = 8, .n_fields = 2000, .fields = many};
    struct description description;
    struct error error;

    (void)state;
    for (int i = 0; i < 2000; i++)
        many[i] = (struct field){.name = "f", .kind = FIELD_UINT, .size = 8};
    assert_int_equal(capture_type_write(&added, "s", NULL, 0, &error, &description.bytes,
                                        &description.size, &description.tag),
                     -EINVAL);
    assert_non_null(strstr(error.text, "forward to the capture before that handler"));
    assert_int_equal(capture_type_write(&large, "s", NULL, 0, &error, &description.bytes,
                                        &description.size, &description.tag),
                     -EINVAL);
    assert_non_null(strstr(error.text, "struct large has too many fields for a capture"));
}

/* Changes one thing in a good description and expects it to be refused. */
struct lie {
    struct description description;
    struct capture_type_head *head;
    struct capture_field *fields;
    struct capture_name *names;
    char *texts;
};

static struct lie begin_lie(void)
{
    struct lie lie = {.description = describe(&sample_schema, "agent", NULL)};

    lie.head = lie.description.bytes;
    lie.fields = (struct capture_field *)(lie.head + 1);
    lie.names = (struct capture_name *)(lie.fields + lie.head->n_fields);
    lie.texts = (char *)(lie.names + lie.head->n_names);
    return lie;
}

static void refused(struct lie *lie)
{
    struct capture_type type;
    struct error error = {0};

    assert_int_equal(
        capture_type_read(lie->description.bytes, lie->description.size, &error, &type), -EBADMSG);
    assert_string_not_equal(error.text, "");
    free(lie->description.bytes);
}

#define LIE(change)                   \
    do {                              \
        struct lie lie = begin_lie(); \
        change;                       \
        refused(&lie);                \
    } while (0)

static void lies(void **state)
{
    (void)state;
    LIE(lie.head->tag = 0);
    LIE(lie.head->size = 1u << 31);
    LIE(lie.head->size = 60);   /* fields are outside */
    LIE(lie.head->n_top = 200); /* more than there are */
    LIE(lie.head->n_top = 5);   /* the others belong to none */
    LIE(lie.head->n_fields = UINT32_MAX);
    LIE(lie.head->n_names = UINT32_MAX / 8);
    LIE(lie.head->n_texts++);
    LIE(lie.head->source = lie.head->n_texts);
    LIE(lie.head->source = CAPTURE_NO_TEXT);
    LIE(lie.texts[lie.head->source] = '\0');
    LIE(lie.head->type_name = CAPTURE_NO_TEXT);
    LIE(lie.head->label = lie.head->n_texts);
    LIE(lie.texts[lie.head->n_texts - 1] = 'x');
    LIE(lie.fields[0].name = lie.head->n_texts);
    LIE(lie.fields[0].type_name = lie.head->n_texts);
    LIE(lie.fields[0].meaning = lie.head->n_texts);
    LIE(lie.fields[0].kind = 0);
    LIE(lie.fields[0].kind = 14);
    LIE(lie.fields[0].size = 3);
    LIE(lie.fields[0].size = 0);
    LIE(lie.fields[0].is_signed = 2);
    LIE(lie.fields[0].bits = 65);
    LIE(lie.fields[0].shift = 8; lie.fields[0].bits = 1);
    LIE(lie.fields[0].bits = 64; lie.fields[0].shift = 1); /* touches a ninth byte */
    LIE(lie.fields[2].bits = 1);                           /* text has none */
    LIE(lie.fields[0].offset = UINT32_MAX);
    LIE(lie.fields[0].n_names = 1);
    LIE(lie.fields[1].n_names = 4);
    LIE(lie.fields[1].names = 1);
    LIE(lie.names[2].name = lie.head->n_texts);
    LIE(lie.fields[3].size = 8);      /* a text is 4 bytes */
    LIE(lie.fields[5].members = 5);   /* its own member */
    LIE(lie.fields[5].members = 0);   /* one that comes before */
    LIE(lie.fields[5].n_members = 2); /* an array has one element */
    LIE(lie.fields[5].n_members = 0);
    LIE(lie.fields[5].count = 3); /* beyond its size */
    LIE(lie.fields[5].stride = 0);
    LIE(lie.fields[5].count = 1u << 31; lie.fields[5].stride = 1u << 31);
    LIE(lie.fields[6].members++); /* leaves one out */
    LIE(lie.fields[6].n_members = UINT32_MAX);
    LIE(lie.fields[8].size = 8);   /* a flexible array has no size */
    LIE(lie.fields[8].stride = 0); /* how many elements would that be? */
    LIE(lie.fields[8].stride = UINT32_MAX);
    LIE(lie.fields[9].offset = 31); /* outside of its owner */
    LIE(lie.fields[9].size = 9);
    LIE(lie.fields[10].offset = 55);
}

/* Puts text where the source's name was; what is left over of the name ends it. */
static void rename_source(struct lie *lie, const char *text)
{
    assert_true(strlen(text) < strlen("agent"));
    strcpy(lie->texts + lie->head->source, text);
}

static void names_are_plain_text(void **state)
{
    static const char *const good[] = {
        "a", "a b", "\xc3\xa9", "\xc2\xa0", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};

    (void)state;
    LIE(rename_source(&lie, "a\xff"));
    LIE(rename_source(&lie, "\x80"));
    LIE(rename_source(&lie, "a\xc3"));
    LIE(rename_source(&lie, "\xc3z"));
    LIE(rename_source(&lie, "\xc1\xbf")); /* longer than need be */
    LIE(rename_source(&lie, "\xe0\x9f\xbf"));
    LIE(rename_source(&lie, "\xed\xa0\x80"));     /* half a pair */
    LIE(rename_source(&lie, "\xf4\x90\x80\x80")); /* beyond the last one */
    LIE(rename_source(&lie, "a\nb"));
    LIE(rename_source(&lie, "\x1b[m"));
    LIE(rename_source(&lie, "\x7f"));
    LIE(rename_source(&lie, "\xc2\x9b"));
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct lie lie = begin_lie();
        struct capture_type type;
        struct error error;

        rename_source(&lie, good[i]);
        assert_int_equal(
            capture_type_read(lie.description.bytes, lie.description.size, &error, &type), 0);
        assert_string_equal(type.source, good[i]);
        schema_free(type.schema);
        free(lie.description.bytes);
    }
}

/* What stands in for the type of a source with a mistake is no mistake of the capture's. */
static void nothing_of_nobody(void **state)
{
    static const struct schema nothing = {.type_name = "nothing"};

    (void)state;
    free(describe(&nothing, "", NULL).bytes);
}

static void structs_within_structs(void **state)
{
    static struct field chain[CAPTURE_DEPTH_MAX + 1];
    struct schema schema = {.type_name = "t", .size = 8, .n_fields = 1, .fields = chain};

    (void)state;
    for (int depth = 1; depth <= CAPTURE_DEPTH_MAX + 1; depth++) {
        struct description description;
        struct capture_type type;
        struct error error;

        for (int i = 0; i < depth; i++)
            chain[i] = (struct field){.name = "s",
                                      .kind = FIELD_STRUCT,
                                      .size = 8,
                                      .n_members = i + 1 < depth,
                                      .members = i + 1 < depth ? &chain[i + 1] : NULL};
        if (depth > CAPTURE_DEPTH_MAX) { /* what could not be read is not written */
            assert_int_equal(capture_type_write(&schema, "s", NULL, 0, &error, &description.bytes,
                                                &description.size, &description.tag),
                             -EINVAL);
            continue;
        }
        description = describe(&schema, "s", NULL);
        assert_int_equal(capture_type_read(description.bytes, description.size, &error, &type), 0);
        schema_free(type.schema);
        free(description.bytes);
    }
}

/* Whatever a description says: it is refused, or it is a tree that can be walked. */
static uint32_t count_fields(const struct field *fields, uint32_t count)
{
    uint32_t sum = count;

    for (uint32_t i = 0; i < count; i++) {
        assert_non_null(fields[i].name);
        sum += (uint32_t)strlen(fields[i].name) * 0;
        sum += count_fields(fields[i].members,
                            fields[i].kind == FIELD_ARRAY ? 1 : fields[i].n_members);
    }
    return sum;
}

static void random_changes(void **state)
{
    struct description good = describe(&sample_schema, "agent", "label");
    unsigned seed = 20;
    uint32_t read = 0;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        uint8_t *bytes = malloc(good.size);
        struct capture_type type;
        struct error error;

        memcpy(bytes, good.bytes, good.size);
        for (int changes = 1 + rand_r(&seed) % 3; changes > 0; changes--)
            bytes[rand_r(&seed) % (int)good.size] =
                rand_r(&seed) % 2 ? (uint8_t)rand_r(&seed) : (uint8_t)(rand_r(&seed) % 16);
        if (capture_type_read(bytes, good.size, &error, &type) == 0) {
            read++;
            assert_int_equal(count_fields(type.schema->fields, type.schema->n_fields),
                             ((struct capture_type_head *)bytes)->n_fields);
            schema_free(type.schema);
        }
        free(bytes);
    }
    assert_true(read > 0);
    free(good.bytes);
}

static void too_short(void **state)
{
    struct description good = describe(&sample_schema, "agent", NULL);
    struct capture_type type;
    struct error error;

    (void)state;
    for (uint32_t size = 0; size < good.size; size++) {
        void *bytes = malloc(size + 1);

        memcpy(bytes, good.bytes, size);
        assert_int_equal(capture_type_read(bytes, size, &error, &type), -EBADMSG);
        free(bytes);
    }
    free(good.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(what_its_source_does_not_know),
        cmocka_unit_test(types_out_of_c),
        cmocka_unit_test(what_others_decide_about),
        cmocka_unit_test(tags_follow_from_the_rest),
        cmocka_unit_test(what_a_capture_cannot_hold),
        cmocka_unit_test(lies),
        cmocka_unit_test(names_are_plain_text),
        cmocka_unit_test(nothing_of_nobody),
        cmocka_unit_test(structs_within_structs),
        cmocka_unit_test(random_changes),
        cmocka_unit_test(too_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
