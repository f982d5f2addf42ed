// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

static char folder[] = "/tmp/ringmill-redact.XXXXXX";
static char path[sizeof(folder) + 10];

static void write_key(const char *text, mode_t mode)
{
    FILE *file;

    unlink(path);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    return 0;
}

static const char *config(const char *fields)
{
    static char text[300];

    snprintf(text, sizeof(text), "{key_file: %s, fields: %s}", path, fields);
    return text;
}

static void masks_and_drops(void **state)
{
    struct opened opened = open_handler(&redact_ops, "{fields: {text: mask, id: drop}}", &host);
    const struct schema *schema = opened.handler->schema;
    struct notes notes;

    (void)state;
    assert_int_equal(schema->n_fields, 1);
    notes_init_many(&notes, 3);
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct text text = batch_text(&notes.batch, schema_find(schema, "text"), i);

        assert_int_equal(text.length, 3);
        assert_memory_equal(text.bytes, "***", 3);
    }
    notes_deinit(&notes);
    close_handler(&opened);
}

static void hashes(void **state)
{
    struct opened opened;
    const struct schema *schema;
    struct text one, two;
    struct notes notes;

    (void)state;
    write_key("000102030405060708090a0b0c0d0e0f\n", 0400);
    opened = open_handler(&redact_ops, config("{text: hash, id: hash}"), &host);
    schema = opened.handler->schema;
    assert_int_equal(schema->n_fields, 2);
    notes_init(&notes);
    notes_add(&notes, 0x04030201, 0);
    notes_add(&notes, 0x04030201, 4);
    notes_add(&notes, 5, 4);
    notes_add(&notes, 5, 4);
    ((struct note *)(uintptr_t)notes.views[3].data)->text_offset = 60000;
    batch_select_all(&notes.batch);
    opened.handler->ops->process(opened.handler, &notes.batch);
    one = batch_text(&notes.batch, schema_find(schema, "text"), 0);
    assert_int_equal(one.length, 32);
    assert_memory_equal(one.bytes, "a3817f04ba25a8e66df67214c7550293", 32); /* of nothing */
    one = batch_text(&notes.batch, schema_find(schema, "text"), 1);
    two = batch_text(&notes.batch, schema_find(schema, "text"), 2);
    assert_memory_equal(one.bytes, two.bytes, 32);
    assert_null(batch_text(&notes.batch, schema_find(schema, "text"), 3).bytes);
    one = batch_text(&notes.batch, schema_find(schema, "id"), 0);
    two = batch_text(&notes.batch, schema_find(schema, "id"), 1);
    assert_memory_equal(one.bytes, two.bytes, 32);
    two = batch_text(&notes.batch, schema_find(schema, "id"), 2);
    assert_memory_not_equal(one.bytes, two.bytes, 32);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuse_key(const char *expected)
{
    char messages[600];

    snprintf(messages, sizeof(messages),
             "t.yaml:1:20: redact.key_file: cannot use the key in %s: %s\n", path, expected);
    refuse_handler(&redact_ops, config("{text: hash}"), &host, -EINVAL, messages);
}

static void refuses_bad_keys(void **state)
{
    static const char *const shape =
        "it must contain 32 hexadecimal digits; create it with openssl rand -hex 16";

    (void)state;
    unlink(path);
    refuse_key("No such file or directory");
    write_key("000102030405060708090a0b0c0d0e0f\n", 0440);
    refuse_key("its group or others can access it; fix it with chmod 0400");
    write_key("000102030405060708090a0b0c0d0e0", 0600);
    refuse_key(shape);
    write_key("000102030405060708090a0b0c0d0e0f00", 0600);
    refuse_key(shape);
    write_key("000102030405060708090a0b0c0d0e0g", 0600);
    refuse_key(shape);
    write_key("", 0600);
    refuse_key(shape);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse_key("it is not a regular file");
    rmdir(path);
}

static void credentials(void **state)
{
    struct opened opened;

    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    refuse_handler(&redact_ops, "{credential: key, fields: {text: hash}}", &host, -EINVAL,
                   "t.yaml:1:22: redact.credential: the daemon has no credentials; start it by "
                   "systemd with LoadCredential=\n");
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    refuse_handler(&redact_ops, "{credential: a/b, fields: {text: hash}}", &host, -EINVAL,
                   "t.yaml:1:22: redact.credential: a credential name cannot contain a slash\n");
    write_key("000102030405060708090A0B0C0D0E0F", 0600);
    opened = open_handler(&redact_ops, "{credential: key, fields: {text: hash}}", &host);
    close_handler(&opened);
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* struct {word and half of the same bytes; secret, which metrics show already} */
static void refuses_what_can_be_seen_elsewhere(void **state)
{
    static const struct field readings[] = {
        {.name = "word", .kind = FIELD_UINT, .size = 4},
        {.name = "half", .kind = FIELD_UINT, .offset = 2, .size = 2},
    };
    static struct field fields[] = {
        {.name = "u", .kind = FIELD_UNION, .size = 4, .n_members = 2, .members = readings},
        {.name = "secret", .kind = FIELD_CHARS, .column = 1, .exposed = true},
    };
    static const struct schema schema = {
        .type_name = "struct two", .size = 4, .n_fields = 2, .fields = fields, .n_columns = 1};
    static const struct handler_host two = {.schema = &schema};
    struct opened opened;

    (void)state;
    refuse_handler(&redact_ops, "{fields: {u.word: drop}}", &two, -EINVAL,
                   "t.yaml:1:27: redact.fields.\"u.word\": u.word shares its bytes with u.half; "
                   "redact that as well\n");
    opened = open_handler(&redact_ops, "{fields: {u.word: drop, u.half: drop}}", &two);
    close_handler(&opened);
    refuse_handler(&redact_ops, "{fields: {secret: mask}}", &two, -EINVAL,
                   "t.yaml:1:27: redact.fields.secret: the metrics of an earlier aggregate expose "
                   "secret; redact it before the aggregate, or remove expose\n");
}

static void refuses(void **state)
{
    (void)state;
    refuse_handler(&redact_ops, "{fields: {text: hash}}", &host, -EINVAL,
                   "t.yaml:1:9: redact: hash requires either key_file: or credential:\n");
    refuse_handler(
        &redact_ops, "{fields: {text: mask, id: mask}}", &host, -EINVAL,
        "t.yaml:1:35: redact.fields.id: only text can be masked; id can be dropped or hashed\n");
    refuse_handler(
        &redact_ops, "{fields: {text: hush, txt: drop, id: [drop]}}", &host, -EINVAL,
        "t.yaml:1:25: redact.fields.text: unknown action; allowed are drop, mask, hash; "
        "did you mean \"hash\"?\n"
        "t.yaml:1:36: redact.fields.txt: struct note has no field txt; did you mean text?\n"
        "t.yaml:1:46: redact.fields.id: expected drop, mask or hash, found a list\n");
    refuse_handler(&redact_ops, "{fields: []}", &host, -EINVAL,
                   "t.yaml:1:18: redact.fields: expected a map of 1 to 64 fields, as in {comm: "
                   "mask}\n");
    redact_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_and_drops),
        cmocka_unit_test(hashes),
        cmocka_unit_test(refuses_bad_keys),
        cmocka_unit_test(credentials),
        cmocka_unit_test(refuses_what_can_be_seen_elsewhere),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
