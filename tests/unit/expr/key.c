// SPDX-License-Identifier: Apache-2.0
#include "expr/key.h"

#include "expr/host.h"
#include "unit/record/support.h"

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
        cmocka_unit_test(numbers_and_texts), cmocka_unit_test(null_is_a_value),
        cmocka_unit_test(long_texts),        cmocka_unit_test(only_the_selected_count),
        cmocka_unit_test(the_seed_decides),  cmocka_unit_test(tells_all_that_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
