// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

/* What passes of `count` records with ids from `first` on; weights must be `weight`. */
static uint32_t pass(struct opened *opened, uint32_t first, uint32_t count, uint64_t weight,
                     uint8_t *kept)
{
    const struct schema *schema = opened->handler->schema;
    const struct field *field = schema_find_meaning(schema, MEANING_WEIGHT);
    struct notes notes;
    uint32_t selected;

    notes_init(&notes);
    for (uint32_t i = 0; i < count; i++)
        notes_add(&notes, first + i, 0);
    batch_select_all(&notes.batch);
    opened->handler->ops->process(opened->handler, &notes.batch);
    selected = notes.batch.selected;
    assert_ptr_equal(notes.batch.schema, schema);
    for (uint32_t i = 0; i < selected; i++) {
        uint32_t index = notes.batch.selection[i];

        assert_true(batch_present(&notes.batch, field, index));
        assert_true(batch_integer(&notes.batch, field, index) == weight);
        if (kept)
            kept[first + index] = 1;
    }
    notes_deinit(&notes);
    return selected;
}

static void one_in_one_is_all(void **state)
{
    struct opened opened = open_handler(&sample_ops, "{rate: 1}", &host);

    (void)state;
    assert_int_equal(pass(&opened, 0, 100, 1, NULL), 100);
    close_handler(&opened);
}

static void says_what_a_record_stands_for(void **state)
{
    struct opened opened = open_handler(&sample_ops, "{rate: 10, seed: 3}", &host);
    const struct schema *schema = opened.handler->schema;
    uint32_t kept = 0;

    (void)state;
    assert_int_equal(schema->n_fields, 3);
    assert_string_equal(schema->fields[2].name, "_weight");
    assert_int_equal(schema->fields[2].meaning, MEANING_WEIGHT);
    for (int i = 0; i < 1000; i++)
        kept += pass(&opened, 0, 100, 10, NULL);
    /* 10000 expected, with a spread of 95: the seed is fixed, so this is not luck */
    assert_in_range(kept, 9600, 10400);
    close_handler(&opened);
}

static void the_same_seed_chooses_the_same(void **state)
{
    struct opened one = open_handler(&sample_ops, "{rate: 3, seed: 5}", &host);
    struct opened two = open_handler(&sample_ops, "{rate: 3, seed: 5}", &host);
    uint8_t kept_one[200] = {0}, kept_two[200] = {0};

    (void)state;
    pass(&one, 0, 200, 3, kept_one);
    pass(&two, 0, 200, 3, kept_two);
    assert_memory_equal(kept_one, kept_two, sizeof(kept_one));
    close_handler(&one);
    close_handler(&two);
}

/* All records of a key or none, whenever they come; and what a thinner sample keeps, a thicker one
 * keeps, too. */
static void a_flow_stays_whole(void **state)
{
    struct opened thin = open_handler(&sample_ops, "{rate: 8, by: [id / 10]}", &host);
    struct opened thick = open_handler(&sample_ops, "{rate: 4, by: [id / 10]}", &host);
    uint8_t kept_thin[2000] = {0}, kept_thick[2000] = {0};
    uint32_t flows = 0;

    (void)state;
    for (uint32_t first = 0; first < 2000; first += 100) {
        pass(&thin, first, 100, 8, kept_thin);
        pass(&thick, first, 100, 4, kept_thick);
    }
    for (uint32_t i = 0; i < 2000; i++) {
        assert_int_equal(kept_thin[i], kept_thin[i / 10 * 10]);
        assert_int_equal(kept_thick[i], kept_thick[i / 10 * 10]);
        assert_true(kept_thick[i] >= kept_thin[i]);
        flows += i % 10 == 0 && kept_thick[i];
    }
    assert_in_range(flows, 35, 65); /* of 200; no chance: the hash is always the same */
    close_handler(&thin);
    close_handler(&thick);
}

static void weights_multiply(void **state)
{
    struct opened first = open_handler(&sample_ops, "{rate: 1}", &host);
    const struct handler_host behind = {.schema = first.handler->schema, .source_name = "notes"};
    struct opened second = open_handler(&sample_ops, "{rate: 1}", &behind);
    struct opened third = open_handler(&sample_ops, "{rate: 2, seed: 1}", &behind);
    const struct field *weight = schema_find(third.handler->schema, "_weight");
    struct notes notes;

    (void)state;
    assert_int_equal(second.handler->schema->n_fields, 3);
    assert_int_equal(second.handler->schema->n_columns, 2);
    notes_init_many(&notes, 100);
    first.handler->ops->process(first.handler, &notes.batch);
    for (uint32_t i = 0; i < 100; i++)
        ((struct column *)(uintptr_t)notes.batch.columns[0])->integers[i] =
            i == 50 ? UINT64_MAX : 7;
    third.handler->ops->process(third.handler, &notes.batch);
    assert_in_range(notes.batch.selected, 30, 70);
    for (uint32_t i = 0; i < notes.batch.selected; i++)
        assert_true(batch_integer(&notes.batch, weight, notes.batch.selection[i]) ==
                    (notes.batch.selection[i] == 50 ? UINT64_MAX : 14));
    notes_deinit(&notes);
    close_handler(&third);
    close_handler(&second);
    close_handler(&first);
}

static void refuses(void **state)
{
    (void)state;
    refuse_handler(
        &sample_ops, "{}", &host, -EINVAL,
        "t.yaml:1:9: sample: the key \"rate\" is missing (one record in this many passes)\n");
    refuse_handler(&sample_ops, "{rate: 0}", &host, -EINVAL,
                   "t.yaml:1:16: sample.rate: expected an integer from 1 to 2147483647, found "
                   "\"0\"\n");
    refuse_handler(&sample_ops, "{rate: 2, by: [nope]}", &host, -EINVAL,
                   "t.yaml:1:24: sample.by[0]: struct note has no field nope; its fields are id, "
                   "text\n"
                   "    nope\n"
                   "    ^\n");
    sample_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_in_one_is_all),
        cmocka_unit_test(says_what_a_record_stands_for),
        cmocka_unit_test(the_same_seed_chooses_the_same),
        cmocka_unit_test(a_flow_stays_whole),
        cmocka_unit_test(weights_multiply),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
