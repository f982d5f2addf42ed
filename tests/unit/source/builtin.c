// SPDX-License-Identifier: Apache-2.0

/* What the built-in programs' own BTF says of their events: these fields are what users write in
 * filters, so a change here is a change of the interface. Opening an object needs no privileges. */

#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "schema/btf.h"
#include "schema/meaning.h"
#include "source/builtin.h"

struct expected {
    const char *name;
    enum field_kind kind;
    uint32_t offset;
    uint32_t size;
};

static void check(const char *name, uint32_t n_fields, const struct expected *fields)
{
    const struct builtin *builtin = builtin_find(name);
    size_t elf_size;
    const void *elf = builtin->elf(&elf_size);
    struct bpf_object *object = bpf_object__open_mem(elf, elf_size, NULL);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    struct error error = {0};

    assert_non_null(object);
    if (schema_from_btf(bpf_object__btf(object), builtin->type_name, &error, &schema) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(meaning_apply(schema, NULL, 0, NULL, NULL), 0);
    assert_int_equal(schema->n_fields, n_fields);
    assert_string_equal(schema->fields[0].name, "ktime");
    assert_int_equal(schema->fields[0].meaning, MEANING_KTIME);
    for (uint32_t i = 0; i < n_fields; i++) {
        assert_string_equal(schema->fields[i].name, fields[i].name);
        assert_int_equal(schema->fields[i].kind, fields[i].kind);
        assert_int_equal(schema->fields[i].offset, fields[i].offset);
        assert_int_equal(schema->fields[i].size, fields[i].size);
    }
    assert_non_null(bpf_object__find_map_by_name(object, "events"));
    assert_non_null(bpf_object__find_map_by_name(object, "events_lost"));
    bpf_object__close(object);
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void exec(void **state)
{
    const struct expected fields[] = {
        {"ktime", FIELD_UINT, 0, 8},      {"pid", FIELD_UINT, 8, 4},
        {"ppid", FIELD_UINT, 12, 4},      {"uid", FIELD_UINT, 16, 4},
        {"gid", FIELD_UINT, 20, 4},       {"comm", FIELD_CHARS, 24, 16},
        {"cgroup_id", FIELD_UINT, 40, 8}, {"filename", FIELD_TEXT, 48, 4},
        {"args", FIELD_TEXTS, 52, 4},     {"args_truncated", FIELD_BOOL, 56, 1},
    };

    (void)state;
    check("exec", N(fields), fields);
}

static void exit_(void **state)
{
    const struct expected fields[] = {
        {"ktime", FIELD_UINT, 0, 8},        {"pid", FIELD_UINT, 8, 4},
        {"ppid", FIELD_UINT, 12, 4},        {"uid", FIELD_UINT, 16, 4},
        {"gid", FIELD_UINT, 20, 4},         {"comm", FIELD_CHARS, 24, 16},
        {"cgroup_id", FIELD_UINT, 40, 8},   {"lifetime_ns", FIELD_UINT, 48, 8},
        {"exit_code", FIELD_INT, 56, 4},    {"signal", FIELD_UINT, 60, 4},
        {"core_dumped", FIELD_BOOL, 64, 1},
    };

    (void)state;
    check("exit", N(fields), fields);
}

static void open_(void **state)
{
    const struct expected fields[] = {
        {"ktime", FIELD_UINT, 0, 8},      {"pid", FIELD_UINT, 8, 4},
        {"tid", FIELD_UINT, 12, 4},       {"uid", FIELD_UINT, 16, 4},
        {"gid", FIELD_UINT, 20, 4},       {"comm", FIELD_CHARS, 24, 16},
        {"cgroup_id", FIELD_UINT, 40, 8}, {"flags", FIELD_UINT, 48, 4},
        {"mode", FIELD_UINT, 52, 4},      {"fd", FIELD_INT, 56, 4},
        {"error", FIELD_INT, 60, 4},      {"path", FIELD_TEXT, 64, 4},
    };

    (void)state;
    check("open", N(fields), fields);
}

static void connect_(void **state)
{
    const struct expected fields[] = {
        {"ktime", FIELD_UINT, 0, 8},     {"pid", FIELD_UINT, 8, 4},
        {"tid", FIELD_UINT, 12, 4},      {"uid", FIELD_UINT, 16, 4},
        {"comm", FIELD_CHARS, 20, 16},   {"cgroup_id", FIELD_UINT, 40, 8},
        {"family", FIELD_ENUM, 48, 4},   {"oldstate", FIELD_ENUM, 52, 4},
        {"newstate", FIELD_ENUM, 56, 4}, {"sport", FIELD_UINT, 60, 2},
        {"dport", FIELD_UINT, 62, 2},    {"saddr", FIELD_BYTES, 64, 16},
        {"daddr", FIELD_BYTES, 80, 16},  {"netns", FIELD_UINT, 96, 4},
    };

    (void)state;
    check("connect", N(fields), fields);
}

static void signal_(void **state)
{
    const struct expected fields[] = {
        {"ktime", FIELD_UINT, 0, 8},       {"pid", FIELD_UINT, 8, 4},
        {"tid", FIELD_UINT, 12, 4},        {"uid", FIELD_UINT, 16, 4},
        {"comm", FIELD_CHARS, 20, 16},     {"cgroup_id", FIELD_UINT, 40, 8},
        {"signal", FIELD_ENUM, 48, 4},     {"code", FIELD_ENUM, 52, 4},
        {"target_pid", FIELD_UINT, 56, 4}, {"target_tid", FIELD_UINT, 60, 4},
        {"target_uid", FIELD_UINT, 64, 4}, {"target_comm", FIELD_CHARS, 72, 16},
        {"group", FIELD_BOOL, 88, 1},      {"result", FIELD_ENUM, 92, 4},
    };

    (void)state;
    check("signal", N(fields), fields);
}

static void unknown_names_are_not_found(void **state)
{
    (void)state;
    assert_null(builtin_find("exe"));
    assert_null(builtin_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exec),    cmocka_unit_test(exit_),
        cmocka_unit_test(open_),   cmocka_unit_test(connect_),
        cmocka_unit_test(signal_), cmocka_unit_test(unknown_names_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
