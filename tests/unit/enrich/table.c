// SPDX-License-Identifier: Apache-2.0
#include "enrich/table.h"

#include <arpa/inet.h>

#include "record/derive.h"
#include "unit/enrich/support.h"

static const struct field ipv4 = {.kind = FIELD_UINT, .size = 4, .meaning = MEANING_IPV4};
static const struct field ipv6 = {.kind = FIELD_BYTES, .size = 16, .meaning = MEANING_IPV6};
static const struct field mac = {.kind = FIELD_BYTES, .size = 6, .meaning = MEANING_MAC};
static const struct field real = {.kind = FIELD_FLOAT, .size = 8};

static struct table *load_table(const char *path, const struct field *key)
{
    const char *const added[] = {"name", "floor"};
    struct table *table = NULL;
    struct error error;

    if (table_load(path, "id", key, added, 2, &error, &table) < 0)
        fail_msg("%s", error.text);
    return table;
}

static void refuse_table(const char *path, const struct field *key, const char *expected)
{
    const char *const added[] = {"name", "floor"};
    struct table *table = NULL;
    struct error error = {0};

    assert_true(table_load(path, "id", key, added, 2, &error, &table) < 0);
    assert_null(table);
    assert_string_equal(error.text, expected);
}

static struct column keys, values;

static int64_t find_number(const struct table *table, uint64_t number)
{
    keys.integers[7] = number;
    return table_find(table, &keys, 7);
}

static int64_t find_text(const struct table *table, const char *text, uint32_t length)
{
    keys.texts[7] = (struct text){text, length};
    return table_find(table, &keys, 7);
}

static void texts(void **state)
{
    struct table *table = load_table(
        write_file("t.csv", "floor,id,name\n3,a,Ann\n,,nobody\n4,bb,Bob\n"), &derive_text);

    (void)state;
    assert_int_equal(table_rows(table), 3);
    assert_int_equal(find_text(table, "a", 1), 0);
    assert_int_equal(find_text(table, "", 0), 1);
    assert_int_equal(find_text(table, "bbx", 2), 2);
    assert_int_equal(find_text(table, "b", 1), -1);
    assert_int_equal(table_field(table, 0)->kind, FIELD_CHARS);
    table_get(table, 2, 0, &values, 9);
    assert_false(column_is_null(&values, 9));
    assert_memory_equal(values.texts[9].bytes, "Bob", 3);
    table_get(table, 1, 1, &values, 9);
    assert_false(column_is_null(&values, 9)); /* in CSV nothing is null */
    assert_int_equal(values.texts[9].length, 0);
    table_free(table);
}

static void numbers(void **state)
{
    struct table *table =
        load_table(write_file("t.csv", "id,name,floor\n1,x,\n-2,y,\n0x10,z,\n"), &derive_signed);

    (void)state;
    assert_int_equal(find_number(table, 1), 0);
    assert_int_equal(find_number(table, (uint64_t)-2), 1);
    assert_int_equal(find_number(table, 16), 2);
    assert_int_equal(find_number(table, 2), -1);
    table_free(table);
}

static void addresses(void **state)
{
    struct table *four =
        load_table(write_file("t.csv", "id,name,floor\n10.0.0.1,x,\n192.168.7.9,y,\n"), &ipv4);
    struct table *six =
        load_table(write_file("t.csv", "id,name,floor\n2001:db8::1,x,\n10.0.0.1,y,\n"), &ipv6);
    struct table *ether =
        load_table(write_file("t.csv", "id,name,floor\n02:00:00:aa:bb:cc,x,\n"), &mac);
    uint8_t bytes[16];

    (void)state;
    assert_int_equal(find_number(four, inet_addr("10.0.0.1")), 0);
    assert_int_equal(find_number(four, inet_addr("192.168.7.9")), 1);
    assert_int_equal(find_number(four, inet_addr("192.168.7.8")), -1);
    inet_pton(AF_INET6, "2001:db8::1", bytes);
    assert_int_equal(find_text(six, (char *)bytes, 16), 0);
    inet_pton(AF_INET6, "::ffff:10.0.0.1", bytes);
    assert_int_equal(find_text(six, (char *)bytes, 16), 1);
    inet_pton(AF_INET6, "::1", bytes);
    assert_int_equal(find_text(six, (char *)bytes, 16), -1);
    assert_int_equal(find_text(ether, "\x02\0\0\xaa\xbb\xcc", 6), 0);
    table_free(four);
    table_free(six);
    table_free(ether);
}

static void types_of_json(void **state)
{
    const char *const added[] = {"text", "int", "float", "bool", "none"};
    const enum field_kind kinds[] = {FIELD_CHARS, FIELD_INT, FIELD_FLOAT, FIELD_BOOL, FIELD_CHARS};
    const char *path = write_file(
        "t.json", "[{\"id\": 1, \"text\": \"x\", \"int\": -5, \"float\": 2, \"bool\": true, "
                  "\"none\": null}, {\"float\": 1.5, \"id\": 2}]");
    struct table *table = NULL;
    struct error error;

    (void)state;
    if (table_load(path, "id", &derive_count, added, 5, &error, &table) < 0)
        fail_msg("%s", error.text);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(table_field(table, i)->kind, kinds[i]);
    table_get(table, 0, 1, &values, 0);
    assert_int_equal((int64_t)values.integers[0], -5);
    table_get(table, 0, 2, &values, 0);
    assert_true(values.floats[0] == 2.0);
    table_get(table, 1, 2, &values, 0);
    assert_true(values.floats[0] == 1.5);
    table_get(table, 0, 3, &values, 0);
    assert_int_equal(values.integers[0], 1);
    for (uint32_t i = 0; i < 5; i++) {
        table_get(table, 1, i, &values, 0);
        assert_int_equal(column_is_null(&values, 0), i != 2);
    }
    table_free(table);
}

static void many_rows(void **state)
{
    char *text = malloc(2000000), *at = text;
    struct table *table;

    (void)state;
    at += sprintf(at, "id,name,floor\n");
    for (uint32_t i = 0; i < 50000; i++)
        at += sprintf(at, "%u,n%u,%u\n", i * 3, i, i % 7);
    table = load_table(write_bytes("t.csv", text, (size_t)(at - text)), &derive_count);
    for (uint32_t i = 0; i < 150000; i++)
        assert_int_equal(find_number(table, i), i % 3 ? -1 : (int64_t)i / 3);
    table_free(table);
    free(text);
}

static void refuses(void **state)
{
    (void)state;
    refuse_table("/nowhere/x.csv", &derive_text, "No such file or directory");
    refuse_table("/tmp", &derive_text, "its name must end in .csv or .json");
    refuse_table(write_file("t.csv", "key,name,floor\n"), &derive_text,
                 "no such column: id; the columns are key, name, floor");
    refuse_table(write_file("t.csv", "id,name\n"), &derive_text,
                 "no such column: floor; the columns are id, name");
    refuse_table(write_file("t.csv", "id,name,floor\na,,\nb,,\na,,\n"), &derive_text,
                 "row 3: duplicate key, already in row 1");
    refuse_table(write_file("t.csv", "id,name,floor\n7,,\n0x7,,\n"), &derive_count,
                 "row 2: duplicate key, already in row 1");
    refuse_table(write_file("t.csv", "id,name,floor\n7,,\nx,,\n"), &derive_count,
                 "row 2: its key is not an integer");
    refuse_table(write_file("t.csv", "id,name,floor\n10.0.0.300,,\n"), &ipv4,
                 "row 1: its key is not an address");
    refuse_table(write_file("t.csv", "id,name,floor\n10.0.0.0/8,,\n"), &ipv4,
                 "row 1: its key is not an address");
    refuse_table(write_file("t.csv", "id,name,floor\n::1,,\n"), &ipv4,
                 "row 1: its key is an address of another type than the key");
    refuse_table(write_file("t.csv", "id,name,floor\n"), &real,
                 "the key must be text, an integer or an address");
    refuse_table(write_file("t.json", "[{\"id\": 5, \"name\": \"x\", \"floor\": 1}]"), &derive_text,
                 "entry 0: its key is not text");
    refuse_table(write_file("t.json", "[{\"id\": \"5\", \"name\": \"x\", \"floor\": 1}, {}]"),
                 &derive_text, "entry 1: its key is missing");
    refuse_table(write_file("t.json", "[{\"id\": \"5\", \"name\": \"x\", \"floor\": 1}, {\"id\": "
                                      "\"6\", \"floor\": \"one\"}]"),
                 &derive_text,
                 "entry 1: column floor mixes types; use one type in the whole column");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),         cmocka_unit_test(numbers),   cmocka_unit_test(addresses),
        cmocka_unit_test(types_of_json), cmocka_unit_test(many_rows), cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
