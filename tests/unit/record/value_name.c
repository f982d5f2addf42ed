// SPDX-License-Identifier: Apache-2.0
#include "record/value_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct enum_name states[] = {{"OPEN", 1}, {"SHUT", -1}};
static const struct enum_name rights[] = {{"READ", 4}, {"WRITE", 2}};

#define NUMBER(bytes, says)                                                                   \
    {                                                                                         \
        .name = "n", .kind = FIELD_INT, .is_signed = true, .size = (bytes), .meaning = (says) \
    }

static void is_called(const char *key, const char *field_name, enum field_meaning meaning)
{
    const struct field field = {
        .name = field_name, .kind = FIELD_UINT, .size = 8, .meaning = meaning};
    struct value_name name;
    char *found;

    assert_true(value_name_of(&field, 0, &name));
    found = value_name_key(&name, field_name);
    assert_string_equal(found, key);
    free(found);
}

static void names_are_called_like_their_fields(void **state)
{
    (void)state;
    is_called("uid_name", "uid", MEANING_UID);
    is_called("login_name", "login", MEANING_GID);
    is_called("cgroup_path", "cgroup_id", MEANING_CGROUP_ID);
    is_called("parent_cgroup_path", "parent_cgroup_id", MEANING_CGROUP_ID);
    is_called("cg_path", "cg", MEANING_CGROUP_ID);
    is_called("_id_path", "_id", MEANING_CGROUP_ID);
    is_called("error_name", "error", MEANING_ERRNO);
    is_called("flags_name", "flags", MEANING_OPEN_FLAGS);
    is_called("mode_name", "mode", MEANING_MODE);
}

static void has_none(struct field field)
{
    struct value_name name;

    assert_false(value_name_of(&field, 0, &name));
}

static void a_cgroup_has_several_names(void **state)
{
    const struct {
        const char *field, *key;
    } rows[] = {{"cgroup_id", "container_id"},
                {"parent_cgroup_id", "parent_container_id"},
                {"cg", "cg_container_id"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct field field = {
            .name = rows[i].field, .kind = FIELD_UINT, .size = 8, .meaning = MEANING_CGROUP_ID};
        struct value_name name;
        uint32_t nth = 0;
        char *key;

        while (value_name_of(&field, nth++, &name) && name.kind != RESOLVER_CONTAINER_ID)
            ;
        assert_int_equal(name.kind, RESOLVER_CONTAINER_ID);
        key = value_name_key(&name, field.name);
        assert_string_equal(key, rows[i].key);
        free(key);
    }
}

static void other_values_have_none(void **state)
{
    struct field hidden = NUMBER(4, MEANING_ERRNO);

    (void)state;
    has_none((struct field)NUMBER(4, MEANING_NONE));
    has_none((struct field)NUMBER(8, MEANING_KTIME));
    has_none((struct field)NUMBER(4, MEANING_HEX));
    has_none((struct field){.name = "e", .kind = FIELD_ENUM, .size = 4});
    has_none((struct field){.name = "t", .kind = FIELD_CHARS, .meaning = MEANING_UID});
    hidden.unnamed = true;
    has_none(hidden);
}

static void is_named(struct field field, uint64_t bits, const char *expected)
{
    char room[VALUE_NAME_MAX];
    struct value_name name;
    struct text text;

    assert_true(value_name_of(&field, 0, &name));
    text = value_name_text(&name, &field, bits, room);
    if (!expected) {
        assert_null(text.bytes);
        return;
    }
    assert_non_null(text.bytes);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static void numbers_have_names(void **state)
{
    const struct field unsigned_error = {
        .name = "e", .kind = FIELD_UINT, .size = 4, .meaning = MEANING_ERRNO};

    (void)state;
    is_named((struct field)NUMBER(4, MEANING_ERRNO), 2, "ENOENT");
    is_named((struct field)NUMBER(8, MEANING_ERRNO), (uint64_t)-2, "ENOENT");
    is_named(unsigned_error, 0xfffffffe, "ENOENT");
    is_named((struct field)NUMBER(4, MEANING_ERRNO), 0, NULL);
    is_named((struct field)NUMBER(4, MEANING_ERRNO), 4000, NULL);
    is_named((struct field)NUMBER(4, MEANING_SIGNAL), 9, "SIGKILL");
    is_named((struct field)NUMBER(4, MEANING_SIGNAL), 64, NULL);
    is_named((struct field)NUMBER(4, MEANING_OPEN_FLAGS), 0x241, "O_WRONLY|O_CREAT|O_TRUNC");
    is_named((struct field)NUMBER(1, MEANING_TCP_FLAGS), (uint64_t)-256, NULL);
    is_named((struct field)NUMBER(1, MEANING_TCP_FLAGS), 0x12, "SYN|ACK");
}

static void enums_have_names(void **state)
{
    struct field field = {.name = "state",
                          .kind = FIELD_ENUM,
                          .is_signed = true,
                          .size = 4,
                          .names = states,
                          .n_names = 2};
    struct value_name name;

    (void)state;
    assert_true(value_name_of(&field, 0, &name));
    assert_true(name.hidden); /* the value is shown by it already */
    is_named(field, 1, "OPEN");
    is_named(field, (uint64_t)-1, "SHUT");
    is_named(field, 7, NULL);
    field = (struct field){.name = "rights",
                           .kind = FIELD_ENUM,
                           .size = 4,
                           .names = rights,
                           .n_names = 2,
                           .meaning = MEANING_FLAGS};
    is_named(field, 6, "READ|WRITE");
    is_named(field, 1, NULL);
}

/* As `ls -l` and `stat -c %A` show them; without a type there is no first letter. */
static void modes_look_as_in_ls(void **state)
{
    const struct {
        uint64_t mode;
        const char *text;
    } rows[] = {{0100644, "-rw-r--r--"}, {040755, "drwxr-xr-x"},  {041777, "drwxrwxrwt"},
                {041666, "drw-rw-rwT"},  {0104755, "-rwsr-xr-x"}, {0104644, "-rwSr--r--"},
                {0102755, "-rwxr-sr-x"}, {0102644, "-rw-r-Sr--"}, {0120777, "lrwxrwxrwx"},
                {0140700, "srwx------"}, {020620, "crw--w----"},  {060660, "brw-rw----"},
                {010600, "prw-------"},  {0644, "rw-r--r--"},     {0, "---------"},
                {0170000, "?---------"}};
    const struct field field = {
        .name = "mode", .kind = FIELD_UINT, .size = 2, .meaning = MEANING_MODE};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        is_named(field, rows[i].mode, rows[i].text);
}

static void ids_of_users_have_32_bits(void **state)
{
    const struct field field = NUMBER(8, MEANING_UID);
    const struct field cgroup = NUMBER(8, MEANING_CGROUP_ID);
    struct value_name name;

    (void)state;
    assert_true(value_name_of(&field, 0, &name));
    assert_int_equal(name.form, VALUE_NAME_ID);
    assert_int_equal(value_name_id(&name, &field, UINT64_MAX), UINT32_MAX);
    assert_true(value_name_of(&cgroup, 0, &name));
    assert_int_equal(value_name_id(&name, &cgroup, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_called_like_their_fields),
        cmocka_unit_test(a_cgroup_has_several_names),
        cmocka_unit_test(other_values_have_none),
        cmocka_unit_test(numbers_have_names),
        cmocka_unit_test(enums_have_names),
        cmocka_unit_test(modes_look_as_in_ls),
        cmocka_unit_test(ids_of_users_have_32_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
