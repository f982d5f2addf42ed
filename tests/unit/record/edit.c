// SPDX-License-Identifier: Apache-2.0
#include "record/edit.h"

#include "record/derive.h"
#include "unit/record/support.h"

/* {pid, src: {ip, port, mac: {hi, lo}}, list: [...], comm} */
static const struct field mac[] = {{.name = "hi", .offset = 10, .size = 2},
                                   {.name = "lo", .offset = 12, .size = 4}};
static const struct field src[] = {
    {.name = "ip", .offset = 4, .size = 4},
    {.name = "port", .offset = 8, .size = 2},
    {.name = "mac", .kind = FIELD_STRUCT, .offset = 10, .size = 6, .n_members = 2, .members = mac},
};
static const struct field element[] = {{.name = "", .offset = 16, .size = 2}};
static struct field fields[] = {
    {.name = "pid", .offset = 0, .size = 4},
    {.name = "src", .kind = FIELD_STRUCT, .offset = 4, .size = 12, .n_members = 3, .members = src},
    {.name = "list",
     .kind = FIELD_ARRAY,
     .offset = 16,
     .size = 8,
     .count = 4,
     .stride = 2,
     .members = element},
    {.name = "comm", .kind = FIELD_CHARS, .offset = 24, .size = 16},
};
static const struct schema flow = {
    .type_name = "struct flow", .size = 40, .n_fields = 4, .fields = fields};

static struct field sibling_fields[] = {{.name = "uid", .size = 4}};
static const struct schema sibling = {
    .type_name = "struct login", .size = 4, .n_fields = 1, .fields = sibling_fields};
static const struct schema *const siblings[] = {&sibling, NULL};
static const struct handler_host host = {.schema = &flow, .siblings = siblings};

static void print(const struct field *at, uint32_t n, char *text, size_t size)
{
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(text);

        snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "", at[i].name);
        used = strlen(text);
        if (at[i].column)
            snprintf(text + used, size - used, "=%u", at[i].column);
        if (at[i].n_members == 0)
            continue;
        strcat(text, "{");
        print(at[i].members, at[i].n_members, text, size);
        strcat(text, "}");
    }
}

static void expect(struct edit *edits, const char *expected, int error, const char *messages)
{
    struct config_tree *tree = load("a: b\n");
    struct schema *schema = NULL;
    char text[300] = "";
    struct diag diag;
    uint32_t n = 0;

    diag_init(&diag);
    for (; edits[n].path; n++)
        edits[n].node = tree->root->first;
    assert_int_equal(edit_schema(&host, edits, n, 1, &diag, &schema), error);
    expect_messages(&diag, messages);
    if (error == 0) {
        print(schema->fields, schema->n_fields, text, sizeof(text));
        assert_string_equal(text, expected);
        assert_string_equal(schema->type_name, "struct flow");
        assert_int_equal(schema->size, 40);
        schema_free(schema);
    }
    config_tree_free(tree);
}

#define EXPECT(expected, ...) expect((struct edit[]){__VA_ARGS__, {0}}, expected, 0, "")
#define REFUSE(error, messages, ...) \
    expect((struct edit[]){__VA_ARGS__, {0}}, NULL, error, messages)
#define KEEP(of)                        \
    {                                   \
        .kind = EDIT_KEEP, .path = (of) \
    }
#define DROP(of)                        \
    {                                   \
        .kind = EDIT_DROP, .path = (of) \
    }
#define RENAME(of, to)                                  \
    {                                                   \
        .kind = EDIT_RENAME, .path = (of), .name = (to) \
    }
#define REPLACE(of)                                                        \
    {                                                                      \
        .kind = EDIT_REPLACE, .path = (of), .like = {.kind = FIELD_CHARS } \
    }

static void keeps_in_the_order_of_the_edits(void **state)
{
    (void)state;
    EXPECT("comm pid", KEEP("comm"), KEEP("pid"));
    EXPECT("src{port} comm", KEEP("src.port"), KEEP("comm"));
    EXPECT("src{port ip} comm", KEEP("src.port"), KEEP("comm"), KEEP("src.ip"));
    EXPECT("src{ip port mac{hi lo}}", KEEP("src.port"), KEEP("src"));
    EXPECT("src{mac{lo}} list", KEEP("src.mac.lo"), KEEP("list"));
    EXPECT("pid", KEEP("pid"), KEEP("pid"));
}

/* What is noted as hidden after that edit of a schema that has hidden nothing, or something. */
static void expect_hidden(struct edit edit, const char *hidden, const char *bytes)
{
    struct config_tree *tree = load("a: b\n");
    struct schema *schema = NULL;
    struct diag diag;

    diag_init(&diag);
    edit.node = tree->root->first;
    assert_int_equal(edit_schema(&host, &edit, 1, 0, &diag, &schema), 0);
    expect_messages(&diag, "");
    assert_string_equal(schema->hidden ? schema->hidden : "", hidden);
    assert_string_equal(schema->hidden_bytes ? schema->hidden_bytes : "", bytes);
    schema_free(schema);
    config_tree_free(tree);
}

static void notes_what_is_hidden(void **state)
{
    (void)state;
    expect_hidden((struct edit)RENAME("comm", "name"), "", "");
    expect_hidden((struct edit)DROP("src.mac.lo"), "src.mac.lo", "src.mac.lo");
    expect_hidden((struct edit)REPLACE("comm"), "comm", "comm");
    expect_hidden((struct edit)KEEP("src.port"), "src.ip", "src.ip");
    expect_hidden((struct edit)KEEP("pid"), "src", "src");
    expect_hidden((struct edit)DROP("uid"), "", ""); /* of a sibling */
    fields[3].column = 1;
    expect_hidden((struct edit)REPLACE("comm"), "comm", "");
    fields[3].column = 0;
}

static void what_is_hidden_stays_so(void **state)
{
    static const struct schema before = {.type_name = "struct login",
                                         .n_fields = 1,
                                         .fields = sibling_fields,
                                         .hidden = "comm",
                                         .hidden_bytes = "src"};
    struct handler_host after = {.schema = &before};
    struct schema *derived = derive_schema(&before, 1), *edited = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(edit_schema(&after, NULL, 0, 0, &diag, &edited), 0);
    expect_messages(&diag, "");
    for (int i = 0; i < 2; i++) {
        const struct schema *schema = i ? derived : edited;

        assert_string_equal(schema->hidden, "comm");
        assert_string_equal(schema->hidden_bytes, "src");
    }
    schema_free(derived);
    schema_free(edited);
}

static void what_repeats_the_others_cannot_stay(void **state)
{
    static struct field row[] = {
        {.name = "comm", .kind = FIELD_CHARS, .column = 1},
        {.name = "_all", .kind = FIELD_CHARS, .column = 2, .repeats = true}};
    struct schema rows = {.type_name = "a row", .n_fields = 2, .fields = row};
    struct config_tree *tree = load("a: b\n");
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(edit_check_repeats(&rows, tree->root->first, &diag), 0);
    expect_messages(&diag, "");
    rows.hidden = "comm";
    diag_init(&diag);
    assert_int_equal(edit_check_repeats(&rows, tree->root->first, &diag), -EINVAL);
    expect_messages(&diag, "t.yaml:1:4: a: _all still contains the original comm; drop _all as "
                           "well, or move this step before the aggregate\n");
    rows.n_fields = 1;
    assert_int_equal(edit_check_repeats(&rows, tree->root->first, &diag), 0);
    config_tree_free(tree);
}

static void drops(void **state)
{
    (void)state;
    EXPECT("pid src{ip mac{hi lo}} list comm", DROP("src.port"));
    EXPECT("src{ip port mac{lo}} comm", DROP("pid"), DROP("list"), DROP("src.mac.hi"));
    EXPECT("pid list comm", DROP("src"));
    EXPECT("pid src{ip port} list comm", DROP("src.mac.hi"), DROP("src.mac.lo"));
    EXPECT("pid list comm", DROP("src.ip"), DROP("src.port"), DROP("src.mac"));
}

static void renames(void **state)
{
    (void)state;
    EXPECT("id src{ip port mac{hi lo}} list comm", RENAME("pid", "id"));
    EXPECT("comm src{ip port mac{hi lo}} list pid", RENAME("pid", "comm"), RENAME("comm", "pid"));
    EXPECT("pid from{addr port mac{hi lo}} list comm", RENAME("src", "from"),
           RENAME("src.ip", "addr"));
    EXPECT("id", KEEP("pid"), RENAME("pid", "id"));
}

static void replaces(void **state)
{
    (void)state;
    EXPECT("pid src{ip=1 port mac{hi lo}} list comm=2", REPLACE("src.ip"), REPLACE("comm"));
    EXPECT("pid src=1 list comm", REPLACE("src"));
}

/* What other types have is no mistake. */
static void passes_over_what_only_siblings_have(void **state)
{
    (void)state;
    EXPECT("pid src{ip port mac{hi lo}} list comm", DROP("uid"), REPLACE("uid"));
    EXPECT("pid", KEEP("uid"), KEEP("pid"));
}

static void refuses(void **state)
{
    (void)state;
    REFUSE(-EINVAL, "t.yaml:1:4: a: no record type has a field pdi; did you mean pid?\n",
           KEEP("pdi"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: src has no field pot; did you mean port?\n", DROP("src.pot"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: pid is not a struct; it has no field x\n", DROP("pid.x"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: list is an array; write list for the whole array\n",
           DROP("list.x"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: comm is not kept, so it cannot be renamed; add it to keep\n",
           KEEP("pid"), RENAME("pid", "id"), RENAME("comm", "name"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: src.ip is not kept, so it cannot be renamed; add it to keep\n",
           DROP("src"), RENAME("src.ip", "addr"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: two fields would have the name comm; rename one\n",
           RENAME("pid", "comm"));
    REFUSE(-EINVAL, "t.yaml:1:4: a: two fields would have the name port; rename one\n",
           RENAME("src.ip", "port"));
}

static void names_are_words(void **state)
{
    struct config_tree *tree = load("a: b\n");
    const struct config_node *node = tree->root->first;
    char longest[EDIT_NAME_MAX + 2];
    struct diag diag;

    (void)state;
    diag_init(&diag);
    memset(longest, 'x', sizeof(longest));
    longest[EDIT_NAME_MAX] = '\0';
    assert_true(edit_check_name("_a9", node, &diag));
    assert_true(edit_check_name(longest, node, &diag));
    longest[EDIT_NAME_MAX] = 'x';
    longest[EDIT_NAME_MAX + 1] = '\0';
    assert_false(edit_check_name(longest, node, &diag));
    assert_false(edit_check_name("", node, &diag));
    assert_false(edit_check_name("9a", node, &diag));
    assert_false(edit_check_name("a.b", node, &diag));
    expect_messages(&diag, "t.yaml:1:1: a: a field's name has 1 to 64 letters, digits and _, and "
                           "does not begin with a digit\n");
    config_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_in_the_order_of_the_edits),
        cmocka_unit_test(notes_what_is_hidden),
        cmocka_unit_test(what_is_hidden_stays_so),
        cmocka_unit_test(what_repeats_the_others_cannot_stay),
        cmocka_unit_test(drops),
        cmocka_unit_test(renames),
        cmocka_unit_test(replaces),
        cmocka_unit_test(passes_over_what_only_siblings_have),
        cmocka_unit_test(refuses),
        cmocka_unit_test(names_are_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
