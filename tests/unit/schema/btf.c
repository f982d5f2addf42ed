// SPDX-License-Identifier: Apache-2.0

/* Each test builds the BTF of one struct in memory. What real compilers make of the same is in
 * tests/unit/schema/find.c. */

#include "schema/btf.h"

#include "schema/ctype_schema.h"
#include "unit/schema/support.h"

static void integers_keep_size_and_sign(void **state)
{
    struct types *types = *state;
    const int ids[] = {types->u8, types->u16, types->u32, types->u64,
                       types->s8, types->s16, types->s32, types->s64};
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_struct(types->btf, "event", 64);
    for (int i = 0; i < 8; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%d", i);
        btf__add_field(types->btf, name, ids[i], i * 64, 0);
    }
    schema = read_event(types);
    assert_string_equal(schema->type_name, "struct event");
    assert_int_equal(schema->size, 64);
    assert_int_equal(schema->n_fields, 8);
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%u", i);
        assert_field(schema, i, name, i < 4 ? FIELD_UINT : FIELD_INT, i * 8, 1U << (i % 4));
        assert_int_equal(schema->fields[i].is_signed, i >= 4);
        assert_int_equal(schema->fields[i].meaning, MEANING_NONE);
    }
}

static void typedefs_and_qualifiers_are_looked_through(void **state)
{
    struct types *types = *state;
    int u32 = btf__add_typedef(types->btf, "__u32", types->u32);
    int constant = btf__add_const(types->btf, u32);
    int outer = btf__add_typedef(types->btf, "pid_t", btf__add_volatile(types->btf, constant));
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 4, "pid", outer);
    schema = read_event(types);
    assert_field(schema, 0, "pid", FIELD_UINT, 0, 4);
}

static void bool_is_its_own_kind(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 1, "cut", types->boolean);
    schema = read_event(types);
    assert_field(schema, 0, "cut", FIELD_BOOL, 0, 1);
}

static void unsigned_enum(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "color", 4);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "RED", 3);
    btf__add_enum_value(types->btf, "GREEN", 1);
    add_event(types, 4, "color", id);
    schema = read_event(types);
    assert_field(schema, 0, "color", FIELD_ENUM, 0, 4);
    assert_false(schema->fields[0].is_signed);
    assert_int_equal(schema->fields[0].n_names, 2);
    assert_string_equal(schema->fields[0].names[0].name, "RED");
    assert_int_equal(schema->fields[0].names[0].value, 3);
    assert_string_equal(schema->fields[0].names[1].name, "GREEN");
}

static void signed_enum(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "verdict", 4);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "DROP", -1);
    add_event(types, 4, "verdict", id);
    schema = read_event(types);
    assert_true(schema->fields[0].is_signed);
    assert_int_equal(schema->fields[0].names[0].value, -1);
}

/* An old clang marks no enum as signed: names and values must still meet, as unsigned bits. */
static void high_values_of_an_unsigned_enum_stay_positive(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "color", 4);
    struct btf_type *type;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "HIGH", -1);
    type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)id);
    type->info &= ~(1U << 31);
    add_event(types, 4, "color", id);
    schema = read_event(types);
    assert_false(schema->fields[0].is_signed);
    assert_true(schema->fields[0].names[0].value == UINT32_MAX);
}

static void enum_of_64_bits(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum64(types->btf, "big", 8, false);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum64_value(types->btf, "TOP", UINT64_MAX);
    btf__add_enum64_value(types->btf, "MIDDLE", 1ULL << 32);
    add_event(types, 8, "big", id);
    schema = read_event(types);
    assert_field(schema, 0, "big", FIELD_ENUM, 0, 8);
    assert_true(schema->fields[0].names[0].value == -1);
    assert_true(schema->fields[0].names[1].value == 1LL << 32);
}

static void cut_enum_of_64_bits_is_a_number(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "big", 8);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "LIE", 0);
    add_event(types, 8, "big", id);
    schema = read_event(types);
    assert_field(schema, 0, "big", FIELD_UINT, 0, 8);
    assert_int_equal(schema->fields[0].n_names, 0);
}

static void char_arrays_are_text(void **state)
{
    struct types *types = *state;
    int name = btf__add_typedef(types->btf, "name_t", add_array(types, types->character, 16));
    int signed_name = add_array(types, types->schar, 5);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_struct_of(types, "event", 24, PARTS({"comm", name, 0, 0}, {"tag", signed_name, 128, 0}));
    schema = read_event(types);
    assert_field(schema, 0, "comm", FIELD_CHARS, 0, 16);
    assert_field(schema, 1, "tag", FIELD_ARRAY, 16, 5); /* signed: its author means numbers */
}

static void texts_and_their_home(void **state)
{
    struct types *types = *state;
    int text = add_texts(types, "ringmill_text");
    int texts = add_texts(types, "ringmill_texts");
    int home = add_array(types, types->character, 0);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_struct_of(types, "event", 8,
                  PARTS({"path", text, 0, 0}, {"args", texts, 32, 0}, {"bytes", home, 64, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 2);
    assert_field(schema, 0, "path", FIELD_TEXT, 0, 4);
    assert_field(schema, 1, "args", FIELD_TEXTS, 4, 4);
}

static void a_typedef_names_an_unnamed_struct(void **state)
{
    struct types *types = *state;
    int unnamed = btf__add_struct(types->btf, NULL, 4);
    struct schema *schema = NULL;

    btf__add_field(types->btf, "pid", types->u32, 0, 0);
    btf__add_typedef(types->btf, "event_t", unnamed);
    assert_int_equal(schema_from_btf(types->btf, "event_t", NULL, &schema), 0);
    assert_string_equal(schema->type_name, "event_t");
    assert_non_null(schema_find(schema, "pid"));
    schema_free(schema);
}

static void check(const struct field *field, const char *name, enum field_kind kind,
                  uint32_t offset, uint32_t size, const char *type_name)
{
    assert_string_equal(field->name, name);
    assert_int_equal(field->kind, kind);
    assert_int_equal(field->offset, offset);
    assert_int_equal(field->size, size);
    assert_string_equal(field->type_name, type_name);
}

static void the_type_is_named_as_in_c(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    int pid_t_ =
        btf__add_typedef(btf, "pid_t", btf__add_typedef(btf, "__kernel_pid_t", types->s32));
    int flow = btf__add_struct(btf, "flow", 4);
    int text = btf__add_ptr(btf, btf__add_const(btf, types->character));
    int function = btf__add_ptr(btf, btf__add_func_proto(btf, 0));
    const struct {
        int type;
        const char *name;
    } cases[] = {
        {pid_t_, "pid_t"},
        {btf__add_const(btf, btf__add_volatile(btf, pid_t_)), "pid_t"},
        {btf__add_type_tag(btf, "user", pid_t_), "pid_t"},
        {btf__add_ptr(btf, 0), "void *"},
        {btf__add_ptr(btf, btf__add_ptr(btf, flow)), "struct flow **"},
        {btf__add_ptr(btf, btf__add_fwd(btf, "hidden", BTF_FWD_UNION)), "union hidden *"},
        {text, "const char *"},
        {btf__add_ptr(btf, btf__add_const(btf, text)), "const char *const *"},
        {btf__add_const(btf, text), "const char *"},
        {function, "void (*)()"},
        {add_array(types, function, 3), "void (*[3])()"},
        {btf__add_ptr(btf, add_array(types, types->u8, 4)), "unsigned char (*)[4]"},
        {add_array(types, add_array(types, pid_t_, 2), 3), "pid_t[3][2]"},
        {add_array(types, types->character, 16), "char[16]"},
        {btf__add_enum(btf, NULL, 4), "enum"},
        {btf__add_enum(btf, "color", 4), "enum color"},
        {btf__add_float(btf, "double", 8), "double"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct schema *schema = NULL;
        char name[16];

        snprintf(name, sizeof(name), "event%zu", i);
        add_struct_of(types, name, 64, PARTS({"field", cases[i].type, 0, 0}));
        assert_int_equal(schema_from_btf(btf, name, NULL, &schema), 0);
        assert_string_equal(schema->fields[0].type_name, cases[i].name);
        schema_free(schema);
    }
}

static void a_long_type_name_is_cut(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    char name[301];

    memset(name, 'x', 300);
    name[300] = '\0';
    add_event(types, 4, "field", btf__add_typedef(types->btf, name, types->u32));
    schema = read_event(types);
    assert_int_equal(strlen(schema->fields[0].type_name), 255);
    assert_string_equal(schema->fields[0].type_name + 252, "...");
}

static void floats_pointers_and_wide_integers(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int ids[] = {btf__add_float(btf, "float", 4), btf__add_float(btf, "double", 8),
                 btf__add_float(btf, "long double", 16), btf__add_int(btf, "__int128", 16, 0),
                 btf__add_ptr(btf, types->u32)};

    btf__add_struct(btf, "event", 80);
    for (int i = 0; i < 5; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%d", i);
        btf__add_field(btf, name, ids[i], i * 128, 0);
    }
    schema = read_event(types);
    check(&schema->fields[0], "f0", FIELD_FLOAT, 0, 4, "float");
    check(&schema->fields[1], "f1", FIELD_FLOAT, 16, 8, "double");
    check(&schema->fields[2], "f2", FIELD_BYTES, 32, 16, "long double");
    check(&schema->fields[3], "f3", FIELD_BYTES, 48, 16, "__int128");
    check(&schema->fields[4], "f4", FIELD_POINTER, 64, 8, "unsigned int *");
}

static void check_bits(const struct schema *schema, uint32_t index, enum field_kind kind,
                       uint32_t offset, uint32_t size, uint8_t bits, uint8_t shift, bool is_signed)
{
    assert_field(schema, index, schema->fields[index].name, kind, offset, size);
    assert_int_equal(schema->fields[index].bits, bits);
    assert_int_equal(schema->fields[index].shift, shift);
    assert_int_equal(schema->fields[index].is_signed, is_signed);
}

static void bitfields(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int color = btf__add_enum(btf, "color", 4);

    btf__add_enum_value(btf, "RED", 1);
    add_struct_of(types, "event", 24,
                  PARTS({"low", types->u32, 0, 3}, {"sign", types->s32, 3, 7},
                        {"flag", types->boolean, 10, 1}, {"color", color, 11, 4},
                        {"whole", types->u32, 32, 32}, {"nine", types->u64, 64 + 3, 64},
                        {"plain", types->u16, 160, 0}));
    schema = read_event(types);
    check_bits(schema, 0, FIELD_UINT, 0, 1, 3, 0, false);
    check_bits(schema, 1, FIELD_INT, 0, 2, 7, 3, true);
    check_bits(schema, 2, FIELD_BOOL, 1, 1, 1, 2, false);
    check_bits(schema, 3, FIELD_ENUM, 1, 1, 4, 3, false);
    assert_int_equal(schema->fields[3].n_names, 1);
    assert_string_equal(schema->fields[3].type_name, "enum color");
    check_bits(schema, 4, FIELD_UINT, 4, 4, 0, 0, false); /* the whole of it */
    check_bits(schema, 5, FIELD_UINT, 8, 9, 64, 3, false);
    check_bits(schema, 6, FIELD_UINT, 20, 2, 0, 0, false);
}

/* Older compilers make an integer type for each width, which also may begin at a later bit. */
static int old_bits(struct types *types, bool is_signed, unsigned offset, unsigned bits)
{
    char name[32];
    int id;

    snprintf(name, sizeof(name), "%d:%u:%u", is_signed, offset, bits);
    id = btf__add_int(types->btf, name, 4, is_signed ? BTF_INT_SIGNED : 0);
    *(__u32 *)((struct btf_type *)btf__type_by_id(types->btf, (unsigned)id) + 1) =
        (is_signed ? BTF_INT_SIGNED << 24 : 0) | offset << 16 | bits;
    return id;
}

static void bitfields_as_types_of_their_own(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int ids[] = {old_bits(types, false, 0, 3), old_bits(types, true, 3, 6),
                 old_bits(types, false, 5, 20)};

    add_struct_of(types, "event", 12,
                  PARTS({"a", ids[0], 0, 0}, {"b", ids[1], 0, 0}, {"c", ids[2], 32, 0}));
    schema = read_event(types);
    check_bits(schema, 0, FIELD_UINT, 0, 1, 3, 0, false);
    check_bits(schema, 1, FIELD_INT, 0, 2, 6, 3, true);
    check_bits(schema, 2, FIELD_UINT, 4, 4, 20, 5, false);
}

static void wide_bitfields_are_bytes(void **state)
{
    struct types *types = *state;
    int wide = btf__add_int(types->btf, "__int128", 16, 0);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_struct_of(types, "event", 16, PARTS({"small", wide, 0, 20}, {"wide", wide, 20, 100}));
    schema = read_event(types);
    check_bits(schema, 0, FIELD_UINT, 0, 3, 20, 0, false);
    check_bits(schema, 1, FIELD_BYTES, 2, 13, 0, 0, false);
}

/* An old clang says 4294967295 where -1 was meant; three bits cannot hold the former. */
static void a_narrow_enum_with_negative_values_is_signed(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "verdict", 4);
    struct btf_type *type;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "DROP", -1);
    btf__add_enum_value(types->btf, "PASS", 1);
    type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)id);
    type->info &= ~(1U << 31);
    add_struct_of(types, "event", 8, PARTS({"narrow", id, 0, 3}, {"full", id, 32, 0}));
    schema = read_event(types);
    check_bits(schema, 0, FIELD_ENUM, 0, 1, 3, 0, true);
    assert_true(schema->fields[0].names[0].value == -1);
    check_bits(schema, 1, FIELD_ENUM, 4, 4, 0, 0, false);
    assert_true(schema->fields[1].names[0].value == UINT32_MAX);
}

/* struct event { u32 id; struct { u16 a; union { u8 b; struct { u8 c; } named; }; }; union { u32 x;
 * } u; } */
static void unnamed_members_stand_among_the_others(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int named, inner, middle, last;

    named = add_struct_of(types, NULL, 1, PARTS({"c", types->u8, 0, 0}));
    inner = add_union_of(types, NULL, 1, PARTS({"b", types->u8, 0, 0}, {"named", named, 0, 0}));
    middle = add_struct_of(
        types, NULL, 4, PARTS({"a", types->u16, 0, 0}, {NULL, btf__add_const(btf, inner), 16, 0}));
    last = add_union_of(types, "last", 4, PARTS({"x", types->u32, 0, 0}));
    add_struct_of(types, "event", 12,
                  PARTS({"id", types->u32, 0, 0}, {NULL, middle, 32, 0}, {"u", last, 64, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 5);
    check(&schema->fields[0], "id", FIELD_UINT, 0, 4, "unsigned int");
    check(&schema->fields[1], "a", FIELD_UINT, 4, 2, "unsigned short");
    check(&schema->fields[2], "b", FIELD_UINT, 6, 1, "unsigned char");
    check(&schema->fields[3], "named", FIELD_STRUCT, 6, 1, "struct");
    check(&schema->fields[3].members[0], "c", FIELD_UINT, 6, 1, "unsigned char");
    check(&schema->fields[4], "u", FIELD_UNION, 8, 4, "union last");
    assert_int_equal(schema->fields[4].n_members, 1);
    check(&schema->fields[4].members[0], "x", FIELD_UINT, 8, 4, "unsigned int");
}

static void arrays_of_all_things(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int host = add_struct_of(
        types, "host", 12,
        PARTS({"addr", types->u32, 0, 0}, {"ports", add_array(types, types->u16, 2), 64, 0}));
    const struct field *field;
    int s8;

    s8 = btf__add_typedef(btf, "__s8", types->schar);
    add_struct_of(
        types, "event", 100,
        PARTS({"hosts", add_array(types, host, 4), 64, 0},
              {"grid", add_array(types, add_array(types, types->u16, 3), 2), 448, 0},
              {"names", add_array(types, add_array(types, types->character, 8), 2), 544, 0},
              {"raw", add_array(types, types->u8, 6), 672, 0},
              {"numbers", add_array(types, s8, 4), 720, 0}));
    schema = read_event(types);
    field = &schema->fields[0];
    check(field, "hosts", FIELD_ARRAY, 8, 48, "struct host[4]");
    assert_int_equal(field->count, 4);
    assert_int_equal(field->stride, 12);
    check(field->members, "", FIELD_STRUCT, 8, 12, "struct host");
    check(&field->members->members[0], "addr", FIELD_UINT, 8, 4, "unsigned int");
    check(&field->members->members[1], "ports", FIELD_ARRAY, 16, 4, "unsigned short[2]");
    check(field->members->members[1].members, "", FIELD_UINT, 16, 2, "unsigned short");
    field = &schema->fields[1];
    check(field, "grid", FIELD_ARRAY, 56, 12, "unsigned short[2][3]");
    assert_int_equal(field->stride, 6);
    check(field->members, "", FIELD_ARRAY, 56, 6, "unsigned short[3]");
    field = &schema->fields[2];
    check(field, "names", FIELD_ARRAY, 68, 16, "char[2][8]");
    check(field->members, "", FIELD_CHARS, 68, 8, "char[8]");
    check(&schema->fields[3], "raw", FIELD_ARRAY, 84, 6, "unsigned char[6]");
    check(schema->fields[3].members, "", FIELD_UINT, 84, 1, "unsigned char");
    check(&schema->fields[4], "numbers", FIELD_ARRAY, 90, 4, "__s8[4]");
    check(schema->fields[4].members, "", FIELD_INT, 90, 1, "__s8");
}

static void a_text_without_a_length_ends_with_the_sample(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_struct_of(types, "event", 8,
                  PARTS({"length", types->u32, 0, 0},
                        {"data", add_array(types, types->character, 0), 40, 0}));
    schema = read_event(types);
    check(&schema->fields[1], "data", FIELD_CHARS, 5, 0, "char[]");
}

static void an_array_without_a_length_ends_with_the_sample(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int frame = btf__add_struct(btf, "frame", 16), tail;

    btf__add_field(btf, "ip", types->u64, 64, 0);
    tail = add_struct_of(
        types, "tail", 8,
        PARTS({"depth", types->u32, 0, 0}, {"frames", add_array(types, frame, 0), 64, 0}));
    add_struct_of(types, "event", 16, PARTS({"pid", types->u64, 0, 0}, {"stack", tail, 64, 0}));
    schema = read_event(types);
    const struct field *frames = &schema->fields[1].members[1];
    check(frames, "frames", FIELD_ARRAY, 16, 0, "struct frame[]");
    assert_int_equal(frames->count, 0);
    assert_int_equal(frames->stride, 16);
    check(frames->members, "", FIELD_STRUCT, 16, 16, "struct frame");
    check(&frames->members->members[0], "ip", FIELD_UINT, 24, 8, "unsigned long long");
}

/* Two readings of the same tail, as the kernel's DECLARE_FLEX_ARRAY makes them. */
static void a_union_of_tails(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int empty = btf__add_struct(btf, NULL, 0), wrapped, both;

    wrapped = add_struct_of(
        types, NULL, 0,
        PARTS({"nothing", empty, 0, 0}, {"words", add_array(types, types->u32, 0), 0, 0}));
    both =
        add_union_of(types, NULL, 0,
                     PARTS({NULL, wrapped, 0, 0}, {"bytes", add_array(types, types->u8, 0), 0, 0}));
    add_struct_of(types, "event", 4, PARTS({"length", types->u32, 0, 0}, {NULL, both, 32, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 3);
    check(&schema->fields[1], "words", FIELD_ARRAY, 4, 0, "unsigned int[]");
    check(&schema->fields[2], "bytes", FIELD_ARRAY, 4, 0, "unsigned char[]");
}

static void what_has_no_bytes_is_left_out(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int empty = btf__add_struct(btf, "empty", 0), variable;

    variable = add_struct_of(types, "variable", 4,
                             PARTS({"length", types->u32, 0, 0},
                                   {"data", add_array(types, types->character, 0), 32, 0}));
    add_struct_of(types, "event", 16,
                  PARTS({"marker", add_array(types, types->u64, 0), 0, 0}, {"empty", empty, 0, 0},
                        {"empties", add_array(types, empty, 7), 0, 0}, {"nothing", 0, 0, 0},
                        {"function", btf__add_func_proto(btf, 0), 0, 0},
                        {"hidden", btf__add_fwd(btf, "hidden", BTF_FWD_STRUCT), 0, 0},
                        {NULL, types->u32, 0, 0}, {"many", add_array(types, variable, 2), 32, 0},
                        {"pid", types->u32, 96, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 2);
    check(&schema->fields[0], "many", FIELD_ARRAY, 4, 8, "struct variable[2]");
    assert_int_equal(schema->fields[0].members->n_members, 1);
    check(&schema->fields[1], "pid", FIELD_UINT, 12, 4, "unsigned int");
}

static void what_shows_nothing_inside_is_bytes(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    int opaque = btf__add_struct(btf, "opaque", 12);

    add_event(types, 12, "lock", opaque);
    schema = read_event(types);
    check(&schema->fields[0], "lock", FIELD_BYTES, 0, 12, "struct opaque");
}

/* libbpf's writer refuses such a size, a file may still claim it. */
static void numbers_of_odd_sizes_are_bytes(void **state)
{
    struct types *types = *state;
    int number = btf__add_int(types->btf, "odd_int", 4, 0);
    int color = btf__add_enum(types->btf, "odd_enum", 4);
    struct btf_type *type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)number);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    type->size = 3;
    *(__u32 *)(type + 1) = 24;
    type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)color);
    type->size = 0;
    add_struct_of(types, "event", 8, PARTS({"number", number, 0, 0}, {"color", color, 32, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 1);
    check(&schema->fields[0], "number", FIELD_BYTES, 0, 3, "odd_int");
}

static void a_union_can_be_the_whole(void **state)
{
    struct types *types = *state;
    struct schema *schema = NULL;

    add_union_of(types, "event", 8,
                 PARTS({"small", types->u32, 0, 0}, {"large", types->u64, 0, 0}));
    assert_int_equal(schema_from_btf(types->btf, "union event", NULL, &schema), 0);
    assert_string_equal(schema->type_name, "union event");
    assert_int_equal(schema->n_fields, 2);
    schema_free(schema);
}

static void a_type_without_members_is_refused(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "event", 8);
    assert_refused(types, "event", -ENOENT, "struct event has no members");
}

/* ---- what no compiler writes ---- */

static void a_circle_of_typedefs_is_damage(void **state)
{
    struct types *types = *state;
    int id = btf__add_typedef(types->btf, "snake", types->u32);

    ((struct btf_type *)btf__type_by_id(types->btf, (unsigned)id))->type = (__u32)id;
    add_event(types, 4, "tail", id);
    assert_refused(types, "event", -EINVAL,
                   "the BTF is damaged at type 11: its types refer to themselves");
}

static void members_must_lie_within_their_struct(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    int big = btf__add_struct(btf, "big", 100);
    const struct {
        int type;
        uint32_t bit;
        uint32_t bits;
    } cases[] = {
        {types->u32, 16, 0},
        {types->u32, 4096, 0},
        {types->u32, 28, 5},
        {add_array(types, types->character, 5), 0, 0},
        {add_array(types, types->u32, 2), 0, 0},
        {add_array(types, types->u32, UINT32_MAX), 0, 0},
        {add_array(types, add_array(types, types->u32, 1 << 16), 1 << 16), 0, 0},
        {add_array(types, big, 0x28f5c29), 0, 0}, /* 100 times that is 2^32 + 4 */
        {big, 0, 0},
        {btf__add_ptr(btf, 0), 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[16], text[128];

        snprintf(name, sizeof(name), "event%zu", i);
        add_struct_of(types, name, 4, PARTS({"x", cases[i].type, cases[i].bit, cases[i].bits}));
        snprintf(text, sizeof(text),
                 "struct %s: its BTF is damaged: the member \"x\" is outside its struct", name);
        assert_refused(types, name, -EINVAL, text);
    }
}

static void a_struct_within_itself_has_an_end(void **state)
{
    struct types *types = *state;
    int id = btf__add_struct(types->btf, "event", 4);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    const struct field *field;
    uint32_t depth = 0;

    btf__add_field(types->btf, "self", id, 0, 0);
    schema = read_event(types);
    for (field = &schema->fields[0]; field->kind == FIELD_STRUCT; field = &field->members[0])
        depth++;
    assert_int_equal(field->kind, FIELD_BYTES);
    assert_int_equal(depth, CTYPE_SCHEMA_DEPTH_MAX - 1);
}

static void a_struct_twice_within_itself_is_too_much(void **state)
{
    struct types *types = *state;
    int id = btf__add_struct(types->btf, "event", 4);

    btf__add_field(types->btf, "a", id, 0, 0);
    btf__add_field(types->btf, "b", id, 0, 0);
    assert_refused(types, "event", -E2BIG,
                   "struct event has more than 65536 members, the most allowed");
}

static void an_array_of_itself_has_an_end(void **state)
{
    struct types *types = *state;
    int id = add_array(types, types->u32, 1);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    ((struct btf_array *)((struct btf_type *)btf__type_by_id(types->btf, (unsigned)id) + 1))->type =
        (__u32)id;
    add_struct_of(types, "event", 4, PARTS({"pid", types->u32, 0, 0}, {"snake", id, 0, 0}));
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 1);
}

/* struct part { struct part part[3][1]; }: the size of part[3][1] is needed before it is known. */
static void arrays_in_a_circle_stay_within_their_struct(void **state)
{
    struct types *types = *state;
    int part = add_struct_of(types, "part", 8, PARTS({"part", types->u32, 0, 0}));
    int one = add_array(types, part, 1), three = add_array(types, one, 3);

    btf_members((struct btf_type *)btf__type_by_id(types->btf, (unsigned)part))->type =
        (__u32)three;
    add_event(types, 8, "one", one);
    assert_refused(types, "event", -EINVAL,
                   "struct event: its BTF is damaged: the member \"part\" is outside its struct");
}

static void names_have_a_limit(void **state)
{
    struct types *types = *state;
    static char name[1 << 20];

    memset(name, 'x', sizeof(name) - 1);
    btf__add_struct(types->btf, "event", 4);
    for (int i = 0; i < 17; i++) {
        memcpy(name, (char[]){(char)('a' + i)}, 1);
        btf__add_field(types->btf, name, types->u32, 0, 0);
    }
    assert_refused(
        types, "event", -E2BIG,
        "struct event: the names of its members take more than 16 MiB, the most allowed");
}

/* They come into keys, messages and terminals. */
static void names_are_text(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "color", 4);

    btf__add_enum_value(types->btf, "RED\x1b[2J", 3);
    add_event(types, 4, "color", id);
    assert_refused(types, "event", -EINVAL,
                   "struct event: the name \"RED\x1b[2J\" holds control characters or is not valid "
                   "UTF-8");
    btf__add_struct(types->btf, "other", 4);
    btf__add_field(types->btf, "pid\nPRIORITY=0", types->u32, 0, 0);
    assert_refused(types, "other", -EINVAL,
                   "struct other: the name \"pid\nPRIORITY=0\" holds control characters or is not "
                   "valid UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers_keep_size_and_sign),
        TEST(typedefs_and_qualifiers_are_looked_through),
        TEST(bool_is_its_own_kind),
        TEST(unsigned_enum),
        TEST(signed_enum),
        TEST(high_values_of_an_unsigned_enum_stay_positive),
        TEST(enum_of_64_bits),
        TEST(cut_enum_of_64_bits_is_a_number),
        TEST(char_arrays_are_text),
        TEST(texts_and_their_home),
        TEST(a_typedef_names_an_unnamed_struct),
        TEST(the_type_is_named_as_in_c),
        TEST(a_long_type_name_is_cut),
        TEST(floats_pointers_and_wide_integers),
        TEST(bitfields),
        TEST(bitfields_as_types_of_their_own),
        TEST(wide_bitfields_are_bytes),
        TEST(a_narrow_enum_with_negative_values_is_signed),
        TEST(unnamed_members_stand_among_the_others),
        TEST(arrays_of_all_things),
        TEST(a_text_without_a_length_ends_with_the_sample),
        TEST(an_array_without_a_length_ends_with_the_sample),
        TEST(a_union_of_tails),
        TEST(what_has_no_bytes_is_left_out),
        TEST(what_shows_nothing_inside_is_bytes),
        TEST(numbers_of_odd_sizes_are_bytes),
        TEST(a_union_can_be_the_whole),
        TEST(a_type_without_members_is_refused),
        TEST(a_circle_of_typedefs_is_damage),
        TEST(members_must_lie_within_their_struct),
        TEST(a_struct_within_itself_has_an_end),
        TEST(a_struct_twice_within_itself_is_too_much),
        TEST(an_array_of_itself_has_an_end),
        TEST(arrays_in_a_circle_stay_within_their_struct),
        TEST(names_have_a_limit),
        TEST(names_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
