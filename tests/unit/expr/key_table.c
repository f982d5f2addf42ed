// SPDX-License-Identifier: Apache-2.0

/* The table against a slow one that does the same with a list: what is remembered, of whom, and
 * how many had to go. */

#include "expr/key_table.h"

#include "expr/handler_expr.h"
#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

struct fixture {
    struct config_tree *tree;
    struct key *key;
    struct key_table keys;
    uint64_t hashes[BATCH_MAX];
};

static void fixture_init(struct fixture *fixture, const char *by, uint32_t max)
{
    static const struct setting row = {.name = "by", .type = SETTING_TEXTS};
    const struct expr_scope scope = expr_scope_of(&host);
    struct setting_texts texts;
    struct diag diag;

    diag_init(&diag);
    fixture->tree = load(by);
    assert_int_equal(setting_bind_value(&row, fixture->tree->root, &texts, &diag), 0);
    assert_int_equal(key_open(&texts, &scope, 1, &diag, &fixture->key), 0);
    expect_messages(&diag, "");
    assert_int_equal(key_table_init(&fixture->keys, fixture->key, max, sizeof(uint64_t)), 0);
}

static void fixture_deinit(struct fixture *fixture)
{
    key_table_deinit(&fixture->keys);
    key_free(fixture->key);
    config_tree_free(fixture->tree);
}

/* Looks up the key of each record of the batch; entries are set to the record's id plus 1. Says
 * what each entry was before. */
static void look_up(struct fixture *fixture, struct notes *notes, uint64_t *before,
                    enum key_table_outcome *outcomes)
{
    key_hash(fixture->key, &notes->batch, fixture->hashes);
    for (uint32_t i = 0; i < notes->batch.selected; i++) {
        uint32_t index = notes->batch.selection[i];
        void *entry;

        outcomes[i] = key_table_get(&fixture->keys, index, fixture->hashes[index], &entry);
        before[i] = *(uint64_t *)entry;
        *(uint64_t *)entry = ((const struct note *)notes->views[index].data)->id + 1;
    }
}

static void remembers_each_key(void **state)
{
    enum key_table_outcome outcomes[BATCH_MAX];
    uint64_t before[BATCH_MAX];
    struct fixture fixture;
    struct notes notes;

    (void)state;
    fixture_init(&fixture, "[id]\n", 1000);
    notes_init_many(&notes, 100);
    look_up(&fixture, &notes, before, outcomes);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(outcomes[i], KEY_TABLE_ADDED);
        assert_int_equal(before[i], 0);
    }
    look_up(&fixture, &notes, before, outcomes);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(outcomes[i], KEY_TABLE_FOUND);
        assert_int_equal(before[i], i + 1);
    }
    assert_int_equal(counter_get(&fixture.keys.count), 100);
    assert_int_equal(counter_get(&fixture.keys.evicted), 0);
    notes_deinit(&notes);
    fixture_deinit(&fixture);
}

static void the_evicted_entry_can_be_seen(void **state)
{
    enum key_table_outcome outcomes[BATCH_MAX];
    uint64_t before[BATCH_MAX];
    struct fixture fixture;
    struct notes notes;

    (void)state;
    fixture_init(&fixture, "[id]\n", 1);
    notes_init_many(&notes, 3);
    look_up(&fixture, &notes, before, outcomes);
    assert_int_equal(outcomes[0], KEY_TABLE_ADDED);
    assert_int_equal(outcomes[1], KEY_TABLE_EVICTED);
    assert_int_equal(before[1], 1);
    assert_int_equal(outcomes[2], KEY_TABLE_EVICTED);
    assert_int_equal(before[2], 2);
    assert_int_equal(counter_get(&fixture.keys.count), 1);
    assert_int_equal(counter_get(&fixture.keys.evicted), 2);
    notes_deinit(&notes);
    fixture_deinit(&fixture);
}

/* Keys that come again and again survive any number of keys that come once. */
static void busy_keys_stay(void **state)
{
    enum key_table_outcome outcomes[BATCH_MAX];
    uint64_t before[BATCH_MAX];
    struct fixture fixture;
    struct notes notes;

    (void)state;
    fixture_init(&fixture, "[id]\n", 40);
    for (uint32_t round = 0; round < 1000; round++) {
        notes_init(&notes);
        for (uint32_t i = 0; i < 10; i++)
            notes_add(&notes, i, 0);
        for (uint32_t i = 0; i < 5; i++)
            notes_add(&notes, 1000 + round * 5 + i, 0);
        batch_select_all(&notes.batch);
        look_up(&fixture, &notes, before, outcomes);
        for (uint32_t i = 0; round > 0 && i < 10; i++)
            assert_int_equal(outcomes[i], KEY_TABLE_FOUND);
        notes_deinit(&notes);
    }
    assert_int_equal(counter_get(&fixture.keys.count), 40);
    fixture_deinit(&fixture);
}

/* ---- at random ------------------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t choose(uint32_t choices)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % choices;
}

/* What is found must be what was last remembered of that key, and what was evicted must be known
 * and gone. */
static void agrees_with_a_list(void **state)
{
    enum { MAX = 64, IDS = 200 };
    const char *wanted = getenv("SEED");
    uint64_t known[IDS] = {0}; /* by id: its entry; 0: not remembered */
    uint64_t added = 0, evicted = 0;
    struct fixture fixture;

    (void)state;
    seed = wanted ? (uint32_t)strtoul(wanted, NULL, 0) : 20261123;
    print_message("SEED=%u\n", seed);
    fixture_init(&fixture, "[id, id * 7 % 13]\n", MAX);
    for (uint32_t round = 0; round < 2000; round++) {
        struct notes notes;
        uint32_t id = choose(IDS);
        enum key_table_outcome outcome;
        void *entry;

        notes_init(&notes);
        notes_add(&notes, id, 0);
        batch_select_all(&notes.batch);
        key_hash(fixture.key, &notes.batch, fixture.hashes);
        outcome = key_table_get(&fixture.keys, 0, fixture.hashes[0], &entry);
        assert_int_equal(outcome == KEY_TABLE_FOUND, known[id] != 0);
        if (outcome == KEY_TABLE_FOUND) {
            assert_int_equal(*(uint64_t *)entry, known[id]);
        } else if (outcome == KEY_TABLE_EVICTED) {
            assert_int_equal(known[*(uint64_t *)entry % IDS], *(uint64_t *)entry);
            known[*(uint64_t *)entry % IDS] = 0;
            evicted++;
        } else {
            assert_true(added < MAX);
            added++;
        }
        known[id] = *(uint64_t *)entry = id + IDS * (uint64_t)(round + 1);
        notes_deinit(&notes);
    }
    assert_int_equal(counter_get(&fixture.keys.count), added);
    assert_int_equal(counter_get(&fixture.keys.evicted), evicted);
    assert_true(evicted > 500);
    fixture_deinit(&fixture);
}

static void emit(void *data, const struct row *row, uint64_t value)
{
    char *text = data;
    size_t used = strlen(text);

    snprintf(text + used, 100 - used, "%s %d %lu\n", row->name, row->kind, (unsigned long)value);
}

static void shows_its_counters(void **state)
{
    enum key_table_outcome outcomes[BATCH_MAX];
    uint64_t before[BATCH_MAX];
    struct fixture fixture;
    struct notes notes;
    char text[100] = "";

    (void)state;
    fixture_init(&fixture, "[id]\n", 3);
    notes_init_many(&notes, 5);
    look_up(&fixture, &notes, before, outcomes);
    key_table_rows(&fixture.keys, emit, text);
    assert_string_equal(text, "keys 1 3\nkeys_evicted 0 2\n");
    notes_deinit(&notes);
    fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_each_key), cmocka_unit_test(the_evicted_entry_can_be_seen),
        cmocka_unit_test(busy_keys_stay),     cmocka_unit_test(agrees_with_a_list),
        cmocka_unit_test(shows_its_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
