// SPDX-License-Identifier: Apache-2.0

/* Several types in one ring, and the fields that all of them share. */

#include "source/stream_types.h"

#include "unit/source/support.h"

static void one_type(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("k:\n"
                                          "  object: @/kinds.bpf.o\n"
                                          "  type: odd\n"
                                          "  as: {address: ipv4}\n"
                                          "  sequence: header.sequence\n",
                                          &tree);
    const struct stream *stream = source->streams;

    (void)state;
    assert_int_equal(stream->n_types, 1);
    assert_int_equal(stream->selector, STREAM_ONE_TYPE);
    assert_string_equal(stream->types->source_name, "k");
    assert_int_equal(schema_find(stream->types->schema, "address")->meaning, MEANING_IPV4);
    assert_true(stream->numbered);
    assert_int_equal(stream->sequence.offset, 12);
    source_free(source);
    config_tree_free(tree);
}

static void types_by_number_and_by_name(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("k:\n"
                                          "  object: @/kinds.bpf.o\n"
                                          "  select: header.kind\n"
                                          "  types: {0x2: struct odd, EVEN: struct even}\n"
                                          "  as: {half: hex, narrow: hex}\n",
                                          &tree);
    const struct stream *stream = source->streams;

    (void)state;
    assert_int_equal(stream->selector, STREAM_BY_FIELD);
    assert_string_equal(stream->selected_by.name, "header.kind");
    assert_int_equal(stream->selected_by.offset, 8);
    assert_int_equal(stream->selected_by.size, 4);
    assert_int_equal(stream->n_types, 2);
    assert_int_equal(stream->types[0].value, 1); /* ascending */
    assert_string_equal(stream->types[0].schema->type_name, "struct even");
    assert_int_equal(stream->types[1].value, 2);
    assert_string_equal(stream->types[1].schema->type_name, "struct odd");
    assert_int_equal(schema_find(stream->types[0].schema, "half")->meaning, MEANING_HEX);
    source_free(source);
    config_tree_free(tree);
}

#define KINDS "k:\n  object: @/kinds.bpf.o\n"

static void keys_that_need_each_other(void **state)
{
    (void)state;
    refuse_source(KINDS "  select: header.kind\n",
                  "t.yaml:3:11: k.select: the type for each value of this field is missing; set "
                  "types: {VALUE: TYPE}\n");
    refuse_source(KINDS "  type: odd\n  types: {1: odd}\n",
                  "t.yaml:3:9: k.type: one type and several types cannot be used together; remove "
                  "type:, or select: and types:\n"
                  "t.yaml:4:10: k.types: the field that tells which type a record has is missing; "
                  "set select: FIELD\n");
    refuse_source(KINDS "  type: odd\n  hold: 1ms\n",
                  "t.yaml:4:9: k.hold: has no effect without \"order\"\n");
}

static void values(void **state)
{
    (void)state;
    refuse_source(KINDS "  select: header.kind\n  types: {EVE: even, 2: odd}\n",
                  "t.yaml:4:11: k.types.EVE: expected a number, or a value of \"header.kind\"; "
                  "allowed are EVEN, ODD; did you mean \"EVEN\"?\n");
    refuse_source(KINDS "  select: header.kind\n  types: {ODD: even, 2: odd}\n",
                  "t.yaml:4:22: k.types.2: duplicate value 2: it has a type already\n");
    refuse_source(KINDS "  select: narrow\n  types: {256: odd, -1: odd, x: odd}\n",
                  "t.yaml:4:11: k.types.256: \"narrow\" cannot be 256: it is unsigned of 8 "
                  "bits\n"
                  "t.yaml:4:21: k.types.-1: \"narrow\" cannot be -1: it is unsigned of 8 bits\n"
                  "t.yaml:4:30: k.types.x: expected a number: the values of \"narrow\" have no "
                  "names\n");
    refuse_source(KINDS "  select: header.kind\n  types: {}\n",
                  "t.yaml:4:10: k.types: expected VALUE: TYPE pairs, as in {1: struct open_event}; "
                  "found an empty map\n");
    refuse_source(KINDS "  select: header.kind\n  types: {1: [odd]}\n",
                  "t.yaml:4:14: k.types.1: expected the name of a type, found a list\n");
}

static void fields(void **state)
{
    (void)state;
    refuse_source(KINDS "  select: header.kid\n  types: {1: even}\n",
                  "t.yaml:3:11: k.select: header has no field kid; did you mean kind?\n");
    refuse_source(KINDS "  select: header\n  types: {1: even}\n",
                  "t.yaml:3:11: k.select: struct even: \"header\" is not an integer\n");
    refuse_source(
        KINDS "  layout: struct moved { int a; int kind; }; struct short_one { char "
              "kind; };\n  select: kind\n  types: {1: moved, 2: short_one}\n",
        "t.yaml:4:11: k.select: \"kind\" must have the same place and size in all types: it is at "
        "byte 4 (4 bytes) in struct moved, and at byte 0 (1 bytes) in struct short_one\n");
    refuse_source(KINDS "  type: odd\n  sequence: narrow\n",
                  "t.yaml:4:13: k.sequence: \"narrow\" must have 32 or 64 bits to number the "
                  "records\n");
    refuse_source("s:\n  object: @/shards.bpf.o\n"
                  "  rings: {keyed: {type: number, order: shard}}\n",
                  "t.yaml:3:40: s.rings.keyed.order: \"shard\" has 32 bits; order needs a time of "
                  "64 bits (ns since "
                  "boot)\n");
}

static void meanings(void **state)
{
    (void)state;
    refuse_source(
        KINDS "  type: odd\n  as: {adress: ipv4, number: hex}\n",
        "t.yaml:4:8: k.as.adress: struct odd has no field adress; did you mean address?\n");
    refuse_source(KINDS "  type: odd\n  as: {number: mac}\n",
                  "t.yaml:4:16: k.as.number: number cannot be mac: it is int of 4 bytes; it must "
                  "be an array or struct of 6 bytes\n");
    refuse_source(
        KINDS "  type: odd\n  as: ipv4\n",
        "t.yaml:4:7: k.as: expected FIELD: MEANING pairs, as in {saddr: ipv4}; found a text\n");
    refuse_source(KINDS "  type: odd\n  as: {number: [mac]}\n",
                  "t.yaml:4:16: k.as.number: expected a meaning, such as ipv4, found a list\n");
}

static void mistakes_in_c(void **state)
{
    (void)state;
    refuse_source(KINDS "  type: event\n  layout: struct event { int a; strct b; };\n",
                  "t.yaml:4:33: k.layout: unknown type strct; did you mean \"struct\"?\n"
                  "    struct event { int a; strct b; };\n"
                  "                          ^\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_type),
        cmocka_unit_test(types_by_number_and_by_name),
        cmocka_unit_test(keys_that_need_each_other),
        cmocka_unit_test(values),
        cmocka_unit_test(fields),
        cmocka_unit_test(meanings),
        cmocka_unit_test(mistakes_in_c),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
