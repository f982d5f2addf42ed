// SPDX-License-Identifier: Apache-2.0
#include "expr/key.h"

#include "expr/handler_expr.h"
#include "unit/record/support.h"

/* The same text in rooms of several sizes, with what happens to lie behind its NUL. */
struct named {
    uint32_t id;
    char room16[16];
    char room11[11];
    char room40[40];
    uint8_t bytes[16];
};

#define NAMED(member) \
    .offset = offsetof(struct named, member), .size = sizeof(((struct named *)0)->member)

static struct field named_fields[] = {
    {.name = "id", .kind = FIELD_UINT, NAMED(id)},
    {.name = "room16", .kind = FIELD_CHARS, NAMED(room16)},
    {.name = "room11", .kind = FIELD_CHARS, NAMED(room11)},
    {.name = "room40", .kind = FIELD_CHARS, NAMED(room40)},
    {.name = "bytes", .kind = FIELD_BYTES, NAMED(bytes)},
};

static const struct schema named_schema = {
    .type_name = "struct named",
    .size = sizeof(struct named),
    .n_fields = sizeof(named_fields) / sizeof(named_fields[0]),
    .fields = named_fields,
};

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

struct fixture {
    struct config_tree *tree;
    struct key *key;
    struct notes notes;
    uint64_t hashes[BATCH_MAX];
    uint64_t stored[1000];
};

static int open_key(struct fixture *fixture, const char *by, uint64_t seed, const char *messages)
{
    static const struct setting row = {.name = "by", .type = SETTING_TEXTS};
    const struct expr_scope scope = expr_scope_of(&host);
    struct setting_texts texts;
    struct diag diag;
    int result;

    diag_init(&diag);
    fixture->key = NULL;
    fixture->tree = load(by);
    assert_int_equal(setting_bind_value(&row, fixture->tree->root, &texts, &diag), 0);
    result = key_open(&texts, &scope, seed, &diag, &fixture->key);
    expect_messages(&diag, messages);
    return result;
}

static void close_key(struct fixture *fixture)
{
    key_free(fixture->key);
    config_tree_free(fixture->tree);
}

static void hash(struct fixture *fixture)
{
    batch_select_all(&fixture->notes.batch);
    key_hash(fixture->key, &fixture->notes.batch, fixture->hashes);
}

/* Whether two records of the batch have the same key; hashes must say so, too. */
static bool same(struct fixture *fixture, uint32_t one, uint32_t two)
{
    bool equal;

    assert_true(key_size(fixture->key) <= sizeof(fixture->stored));
    memset(fixture->stored, 0xa5, sizeof(fixture->stored));
    key_store(fixture->key, one, fixture->stored);
    assert_true(key_equal(fixture->key, one, fixture->stored));
    equal = key_equal(fixture->key, two, fixture->stored);
    assert_int_equal(equal, fixture->hashes[one] == fixture->hashes[two]);
    return equal;
}

static void numbers_and_texts(void **state)
{
    struct fixture fixture;

    (void)state;
    open_key(&fixture, "[id % 3, text]\n", 0, "");
    notes_init(&fixture.notes);
    notes_add(&fixture.notes, 1, 4);
    notes_add(&fixture.notes, 4, 4);
    notes_add(&fixture.notes, 2, 4);
    notes_add(&fixture.notes, 1, 5);
    notes_add(&fixture.notes, 1, 0);
    hash(&fixture);
    assert_true(same(&fixture, 0, 1));
    assert_false(same(&fixture, 0, 2));
    assert_false(same(&fixture, 0, 3));
    assert_false(same(&fixture, 3, 0));
    assert_false(same(&fixture, 0, 4));
    notes_deinit(&fixture.notes);
    close_key(&fixture);
}

/* Null is neither 0 nor "", and equal to itself. */
static void null_is_a_value(void **state)
{
    struct fixture fixture;

    (void)state;
    open_key(&fixture, "[100 / id, text]\n", 0, "");
    notes_init(&fixture.notes);
    notes_add(&fixture.notes, 0, 3);
    notes_add(&fixture.notes, 1000, 3);
    notes_add(&fixture.notes, 0, 3);
    notes_add(&fixture.notes, 5, 3);
    notes_add(&fixture.notes, 5, 0);
    ((struct note *)(uintptr_t)fixture.notes.views[3].data)->text_offset = 60000;
    hash(&fixture);
    assert_false(same(&fixture, 0, 1));
    assert_true(same(&fixture, 0, 2));
    assert_false(same(&fixture, 3, 4));
    assert_false(same(&fixture, 4, 3));
    notes_deinit(&fixture.notes);
    close_key(&fixture);
}

/* What lies behind the room for a text counts, too. */
static void long_texts(void **state)
{
    static const uint32_t lengths[] = {KEY_TEXT_MAX - 1, KEY_TEXT_MAX, KEY_TEXT_MAX + 1, 5000};
    struct fixture fixture;

    (void)state;
    open_key(&fixture, "text\n", 7, "");
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        notes_init(&fixture.notes);
        notes_add(&fixture.notes, 0, lengths[i]);
        notes_add(&fixture.notes, 1, lengths[i]);
        notes_add(&fixture.notes, 2, lengths[i]);
        notes_add(&fixture.notes, 3, lengths[i] + 1);
        ((char *)(uintptr_t)fixture.notes.views[2].data)[sizeof(struct note) + lengths[i] - 1] =
            'y';
        hash(&fixture);
        assert_true(same(&fixture, 0, 1));
        assert_false(same(&fixture, 0, 2));
        assert_false(same(&fixture, 0, 3));
        assert_false(same(&fixture, 3, 0));
        notes_deinit(&fixture.notes);
    }
    close_key(&fixture);
}

enum { NAMES = 200, CUT = NAMES - 1 /* a sample that ends before its names */ };

struct names {
    struct named records[NAMES];
    struct ringmill_view views[NAMES];
    struct batch batch;
    struct key *key;
    uint64_t hashes[BATCH_MAX];
};

/* Texts of 0 to 10 bytes out of three letters, so that many are the same; behind them, junk. */
static void names_init(struct names *names, unsigned int seed)
{
    memset(names, 0, sizeof(*names));
    for (uint32_t i = 0; i < NAMES; i++) {
        struct named *record = &names->records[i];
        size_t length = (size_t)rand_r(&seed) % 11;

        for (size_t k = 0; k < sizeof(*record); k++)
            ((uint8_t *)record)[k] = (uint8_t)rand_r(&seed);
        record->id = (uint32_t)rand_r(&seed) % 2;
        for (size_t k = 0; k < length; k++)
            record->room40[k] = (char)("ab\xff"[rand_r(&seed) % 3]);
        record->room40[length] = '\0';
        memcpy(record->room16, record->room40, length + 1);
        memcpy(record->room11, record->room40, length + 1);
        memset(record->bytes, 0, sizeof(record->bytes));
        memcpy(record->bytes, record->room40, length);
        names->views[i] = (struct ringmill_view){.data = record, .length = sizeof(*record)};
    }
    names->views[CUT].length = 4;
    names->batch.schema = &named_schema;
    names->batch.views = names->views;
    names->batch.count = NAMES;
    batch_select_all(&names->batch);
}

static void names_hash(struct names *names, const char *by)
{
    static const struct setting row = {.name = "by", .type = SETTING_TEXTS};
    const struct expr_scope scope = {.schema = &named_schema};
    struct config_tree *tree = load(by);
    struct setting_texts texts;
    struct diag diag;

    diag_init(&diag);
    key_free(names->key);
    assert_int_equal(setting_bind_value(&row, tree->root, &texts, &diag), 0);
    assert_int_equal(key_open(&texts, &scope, 5, &diag, &names->key), 0);
    expect_messages(&diag, "");
    config_tree_free(tree);
    key_hash(names->key, &names->batch, names->hashes);
}

static bool is_same_name(const struct names *names, uint32_t one, uint32_t other, bool with_id)
{
    if (one == CUT || other == CUT)
        return one == other;
    return strcmp(names->records[one].room40, names->records[other].room40) == 0 &&
           (!with_id || names->records[one].id == names->records[other].id);
}

/* Against strcmp(), for all pairs; and what is stored reads as the name. */
static void expect_names(struct names *names, uint32_t part, bool with_id)
{
    uint64_t stored[32];
    struct column values;

    assert_true(key_size(names->key) <= sizeof(stored));
    for (uint32_t i = 0; i < NAMES; i++) {
        memset(stored, 0xa5, sizeof(stored));
        key_store(names->key, i, stored);
        for (uint32_t k = 0; k < NAMES; k++) {
            bool same = is_same_name(names, i, k, with_id);

            assert_int_equal(key_equal(names->key, k, stored), same);
            assert_int_equal(names->hashes[i] == names->hashes[k], same);
        }
        key_fetch(names->key, part, stored, i, &values);
        assert_int_equal(column_is_null(&values, i), i == CUT);
        if (i == CUT)
            continue;
        assert_int_equal(values.texts[i].length, strlen(names->records[i].room40));
        assert_memory_equal(values.texts[i].bytes, names->records[i].room40,
                            values.texts[i].length);
    }
}

/* Whatever the room, and whether it stands alone: the hash is the same everywhere. */
static void short_names(void **state)
{
    static const char *const alone[] = {"room16\n", "room11\n", "room40\n"};
    static const char *const beside[] = {"[room16, id]\n", "[room11, id]\n", "[room40, id]\n"};
    uint64_t first[2][BATCH_MAX];
    struct names names;

    (void)state;
    names_init(&names, 11);
    for (size_t i = 0; i < 3; i++) {
        names_hash(&names, alone[i]);
        assert_int_equal(key_packed(names.key).words != NULL, i < 2);
        expect_names(&names, 0, false);
        if (i == 0)
            memcpy(first[0], names.hashes, sizeof(first[0]));
        assert_memory_equal(first[0], names.hashes, NAMES * sizeof(uint64_t));
        names_hash(&names, beside[i]);
        assert_int_equal(key_packed(names.key).words != NULL, i < 2);
        expect_names(&names, 0, true);
        if (i == 0)
            memcpy(first[1], names.hashes, sizeof(first[1]));
        assert_memory_equal(first[1], names.hashes, NAMES * sizeof(uint64_t));
    }
    names_hash(&names, "[id, room16, room40]\n"); /* a name beside a long text is one, too */
    assert_null(key_packed(names.key).words);
    expect_names(&names, 1, true);
    key_free(names.key);
}

/* A record that ends inside the text has the key of one with the same text in all of its room. */
static void cut_names(void **state)
{
    struct names names;

    (void)state;
    names_init(&names, 12);
    strcpy(names.records[0].room16, "cut");
    strcpy(names.records[1].room16, "cut");
    strcpy(names.records[2].room16, "cu");
    names.views[1].length = offsetof(struct named, room16) + 3;
    names.views[3] = names.views[1];
    names.views[3].length--;
    names_hash(&names, "room16\n");
    assert_non_null(key_packed(names.key).words);
    assert_int_equal(names.hashes[0], names.hashes[1]);
    assert_int_equal(names.hashes[2], names.hashes[3]);
    assert_int_not_equal(names.hashes[1], names.hashes[3]);
    key_free(names.key);
}

/* Bytes do not end at a NUL. */
static void short_bytes(void **state)
{
    struct names names;
    struct column values;
    uint64_t stored[8];

    (void)state;
    names_init(&names, 12);
    names.records[0] = names.records[1];
    memset(names.records[0].bytes, 0, 16);
    memset(names.records[1].bytes, 0, 16);
    names.records[1].bytes[15] = 1;
    names_hash(&names, "bytes\n");
    assert_non_null(key_packed(names.key).words);
    key_store(names.key, 1, stored);
    assert_false(key_equal(names.key, 0, stored));
    assert_true(key_equal(names.key, 1, stored));
    key_fetch(names.key, 0, stored, 1, &values);
    assert_int_equal(values.texts[1].length, 16);
    assert_memory_equal(values.texts[1].bytes, names.records[1].bytes, 16);
    key_free(names.key);
}

static void only_the_selected_count(void **state)
{
    struct fixture fixture;

    (void)state;
    open_key(&fixture, "id\n", 7, "");
    notes_init_many(&fixture.notes, 4);
    fixture.notes.batch.selection[0] = 3;
    fixture.notes.batch.selected = 1;
    memset(fixture.hashes, 0, sizeof(fixture.hashes));
    key_hash(fixture.key, &fixture.notes.batch, fixture.hashes);
    assert_true(fixture.hashes[3] != 0);
    assert_true(fixture.hashes[0] == 0);
    notes_deinit(&fixture.notes);
    close_key(&fixture);
}

static void the_seed_decides(void **state)
{
    struct fixture one, two, three;

    (void)state;
    open_key(&one, "id\n", 7, "");
    open_key(&two, "id\n", 7, "");
    open_key(&three, "id\n", 8, "");
    notes_init_many(&one.notes, 4);
    batch_select_all(&one.notes.batch);
    key_hash(one.key, &one.notes.batch, one.hashes);
    key_hash(two.key, &one.notes.batch, two.hashes);
    key_hash(three.key, &one.notes.batch, three.hashes);
    for (int i = 0; i < 4; i++) {
        assert_true(one.hashes[i] == two.hashes[i]);
        assert_true(one.hashes[i] != three.hashes[i]);
    }
    assert_true(key_seed() != key_seed());
    notes_deinit(&one.notes);
    close_key(&one);
    close_key(&two);
    close_key(&three);
}

static void tells_all_that_is_wrong(void **state)
{
    struct fixture fixture;

    (void)state;
    assert_int_equal(open_key(&fixture, "[idd, id, txt]\n", 0,
                              "t.yaml:1:2: [0]: struct note has no field idd; did you mean id?\n"
                              "    idd\n"
                              "    ^\n"
                              "t.yaml:1:11: [2]: struct note has no field txt; did you mean text?\n"
                              "    txt\n"
                              "    ^\n"),
                     -EINVAL);
    assert_null(fixture.key);
    close_key(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts),
        cmocka_unit_test(null_is_a_value),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(only_the_selected_count),
        cmocka_unit_test(short_names),
        cmocka_unit_test(short_bytes),
        cmocka_unit_test(cut_names),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(tells_all_that_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
