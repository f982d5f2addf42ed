// SPDX-License-Identifier: Apache-2.0
#include "record/name_columns.h"

#include "base/resolver.h"
#include "record/derive.h"
#include "record/edit.h"
#include "unit/record/support.h"

struct sample {
    int32_t error;
    uint32_t uid;
    uint32_t inner_uid;
};

static const struct field inner[] = {
    {.name = "uid", .kind = FIELD_UINT, .offset = 8, .size = 4, .meaning = MEANING_UID}};
static struct field fields[] = {
    {.name = "error", .kind = FIELD_INT, .is_signed = true, .size = 4, .meaning = MEANING_ERRNO},
    {.name = "uid", .kind = FIELD_UINT, .offset = 4, .size = 4, .meaning = MEANING_UID},
    {.name = "in", .kind = FIELD_STRUCT, .offset = 8, .size = 4, .n_members = 1, .members = inner},
};
static const struct schema schema = {
    .type_name = "struct sample", .size = 12, .n_fields = 3, .fields = fields};

static struct name_columns *open(struct config_tree *tree, struct resolver *resolver)
{
    const struct name_mentions about = {name_mentions_word, config_map_get(tree->root, "config"),
                                        config_map_get(tree->root, "defs")};
    struct name_columns *names;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(name_columns_new(&schema, &about, resolver, &diag, &names), 0);
    assert_int_equal(diag_count(&diag), 0);
    diag_deinit(&diag);
    return names;
}

/* "error error_name=1 uid in{uid}" */
static void print(const struct field *at, uint32_t n, char *text)
{
    for (uint32_t i = 0; i < n; i++) {
        sprintf(text + strlen(text), "%s%s", i > 0 ? " " : "", at[i].name);
        if (at[i].column)
            sprintf(text + strlen(text), "=%u", at[i].column);
        if (at[i].n_members == 0)
            continue;
        strcat(text, "{");
        print(at[i].members, at[i].n_members, text);
        strcat(text, "}");
    }
}

static void becomes(const char *config, const char *expected)
{
    struct config_tree *tree = load(config);
    struct name_columns *names = open(tree, NULL);
    char text[200] = "";

    if (expected) {
        assert_non_null(names);
        print(name_columns_schema(names)->fields, name_columns_schema(names)->n_fields, text);
        assert_string_equal(text, expected);
    } else {
        assert_null(names);
    }
    name_columns_free(names);
    config_tree_free(tree);
}

static void what_is_mentioned_becomes_a_field(void **state)
{
    (void)state;
    becomes("config: error == ENOENT", NULL);
    becomes("config: my_error_name == 1 || error_names == 2", NULL);
    becomes("config: error_name == \"ENOENT\"", "error error_name=1 uid in{uid}");
    becomes("config: {by: [uid_name]}", "error uid uid_name=1 in{uid uid_name=2}");
    becomes("config: {error_name: mask}", "error error_name=1 uid in{uid}");
    becomes("config: a && b\ndefs: {b: c, c: has(error_name), d: uid_name}",
            "error error_name=1 uid in{uid}");
    becomes("config: a\ndefs: {a: b, b: a + c, c: a, e: error_name}", NULL);
}

static void fill(struct name_columns *names, struct batch *batch, const struct sample *samples,
                 struct ringmill_view *views, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        views[i] = (struct ringmill_view){.data = &samples[i], .length = sizeof(*samples)};
    batch->schema = &schema;
    batch->views = views;
    batch->count = n;
    batch_select_all(batch);
    name_columns_fill(names, batch);
}

static void is_text(const struct batch *batch, const char *name, uint32_t index,
                    const char *expected)
{
    struct text text = batch_text(batch, schema_find(batch->schema, name), index);

    if (!expected) {
        assert_null(text.bytes);
        return;
    }
    assert_non_null(text.bytes);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static int look_up(void *data, enum resolver_kind kind, uint64_t id, char *name)
{
    (void)data;
    (void)kind;
    return id == 7 ? -ENOENT : sprintf(name, "user-%u", (unsigned)id);
}

static void each_record_has_its_own(void **state)
{
    const struct resolver_options options = {.look_up = look_up};
    const struct sample samples[] = {{2, 1, 3}, {-13, 7, 7}, {0, 2, 1}};
    struct config_tree *tree = load("config: error_name && uid_name");
    struct resolver *resolver = resolver_new(&options);
    struct name_columns *names = open(tree, resolver);
    struct ringmill_view views[3];
    static struct batch batch;

    (void)state;
    assert_int_equal(resolver_start(resolver), 0);
    fill(names, &batch, samples, views, 3);
    is_text(&batch, "error_name", 0, "ENOENT");
    is_text(&batch, "error_name", 1, "EACCES");
    is_text(&batch, "error_name", 2, NULL);
    for (int i = 0;
         i < 10000 && !batch_text(&batch, schema_find(batch.schema, "uid_name"), 2).bytes; i++) {
        usleep(1000);
        fill(names, &batch, samples, views, 3);
    }
    is_text(&batch, "uid_name", 0, "user-1");
    is_text(&batch, "uid_name", 1, NULL);
    is_text(&batch, "uid_name", 2, "user-2");
    views[1].length = 3; /* too short for either */
    name_columns_fill(names, &batch);
    is_text(&batch, "error_name", 1, NULL);
    resolver_stop(resolver);
    name_columns_free(names);
    resolver_free(resolver);
    config_tree_free(tree);
}

/* ---- what later steps make of it ------------------------------------------------------------- */

static void edited(struct edit *edits, uint32_t n, const char *expected, bool unnamed)
{
    struct config_tree *tree = load("config: error_name");
    struct name_columns *names = open(tree, NULL);
    const struct handler_host host = {.schema = name_columns_schema(names)};
    struct schema *after;
    char text[200] = "";
    struct diag diag;

    diag_init(&diag);
    for (uint32_t i = 0; i < n; i++)
        edits[i].node = tree->root;
    assert_int_equal(edit_schema(&host, edits, n, 0, &diag, &after), 0);
    print(after->fields, after->n_fields, text);
    assert_string_equal(text, expected);
    if (schema_find(after, "error"))
        assert_int_equal(schema_find(after, "error")->unnamed, unnamed);
    schema_free(after);
    diag_deinit(&diag);
    name_columns_free(names);
    config_tree_free(tree);
}

static void what_hides_a_value_hides_its_name(void **state)
{
    struct edit drop = {.kind = EDIT_DROP, .path = "error"};
    struct edit mask = {.kind = EDIT_REPLACE, .path = "error", .like = derive_text};
    struct edit keep[] = {{.kind = EDIT_KEEP, .path = "uid"}, {.kind = EDIT_KEEP, .path = "error"}};
    struct edit name = {.kind = EDIT_KEEP, .path = "error_name"};

    (void)state;
    edited(&drop, 1, "uid in{uid}", false);
    edited(&mask, 1, "error=2 uid in{uid}", false);
    edited(keep, 2, "uid error", false);
    edited(&name, 1, "error_name=1", false);
}

/* Or encoders would show it beside the value again. */
static void a_hidden_name_stays_hidden(void **state)
{
    struct edit drop = {.kind = EDIT_DROP, .path = "error_name"};
    struct edit mask = {.kind = EDIT_REPLACE, .path = "error_name", .like = derive_text};
    struct edit rename = {.kind = EDIT_RENAME, .path = "error_name", .name = "why"};

    (void)state;
    edited(&drop, 1, "error uid in{uid}", true);
    edited(&mask, 1, "error error_name=2 uid in{uid}", true);
    edited(&rename, 1, "error why=1 uid in{uid}", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_mentioned_becomes_a_field),
        cmocka_unit_test(each_record_has_its_own),
        cmocka_unit_test(what_hides_a_value_hides_its_name),
        cmocka_unit_test(a_hidden_name_stays_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
