// SPDX-License-Identifier: Apache-2.0
#pragma once

/* BTF made in memory, with libbpf's own writer. */

#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "schema/btf.h"

struct types {
    struct btf *btf;
    int u8;
    int u16;
    int u32;
    int u64;
    int s8;
    int s16;
    int s32;
    int s64;
    int boolean;
    int character;
    int schar;
};

static inline int setup(void **state)
{
    static struct types types;
    struct btf *btf = btf__new_empty();

    types.btf = btf;
    types.u8 = btf__add_int(btf, "unsigned char", 1, 0);
    types.u16 = btf__add_int(btf, "unsigned short", 2, 0);
    types.u32 = btf__add_int(btf, "unsigned int", 4, 0);
    types.u64 = btf__add_int(btf, "unsigned long long", 8, 0);
    types.s8 = types.schar = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);
    types.s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
    types.s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    types.s64 = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
    types.boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
    types.character = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
    *state = &types;
    return 0;
}

static inline int teardown(void **state)
{
    struct types *types = *state;

    btf__free(types->btf);
    return 0;
}

static inline int add_array(struct types *types, int element, unsigned length)
{
    return btf__add_array(types->btf, types->u32, element, length);
}

static inline int add_texts(struct types *types, const char *name)
{
    int id = btf__add_struct(types->btf, name, 4);

    btf__add_field(types->btf, "offset", types->u16, 0, 0);
    btf__add_field(types->btf, "length", types->u16, 16, 0);
    return id;
}

/* "struct event" with one field. */
static inline void add_event(struct types *types, unsigned size, const char *field, int type)
{
    btf__add_struct(types->btf, "event", size);
    btf__add_field(types->btf, field, type, 0, 0);
}

/* A member. libbpf adds members to the type that was made last, so these are collected first. */
struct part {
    const char *name;
    int type;
    uint32_t bit;
    uint32_t bits;
};

static inline int add_parts(struct types *types, int id, const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        btf__add_field(types->btf, parts[i].name, parts[i].type, parts[i].bit, parts[i].bits);
    return id;
}

static inline int add_struct_of(struct types *types, const char *name, uint32_t size,
                                const struct part *parts, size_t count)
{
    return add_parts(types, btf__add_struct(types->btf, name, size), parts, count);
}

static inline int add_union_of(struct types *types, const char *name, uint32_t size,
                               const struct part *parts, size_t count)
{
    return add_parts(types, btf__add_union(types->btf, name, size), parts, count);
}

#define PARTS(...)                      \
    (const struct part[]){__VA_ARGS__}, \
        sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part)

static inline struct schema *read_event(struct types *types)
{
    struct error error = {0};
    struct schema *schema = NULL;
    int r = schema_from_btf(types->btf, "event", &error, &schema);

    if (r < 0)
        fail_msg("%s", error.text);
    return schema;
}

static inline void assert_field(const struct schema *schema, uint32_t index, const char *name,
                                enum field_kind kind, uint32_t offset, uint32_t size)
{
    const struct field *field = &schema->fields[index];

    assert_in_range(index, 0, schema->n_fields - 1);
    assert_string_equal(field->name, name);
    assert_int_equal(field->kind, kind);
    assert_int_equal(field->offset, offset);
    assert_int_equal(field->size, size);
}

static inline void assert_refused(struct types *types, const char *name, int code, const char *text)
{
    struct error error = {0};
    struct schema *schema = (void *)types;

    assert_int_equal(schema_from_btf(types->btf, name, &error, &schema), code);
    assert_string_equal(error_join(&error), text);
    assert_ptr_equal(schema, types);
}

/* A variable `name` that points to a const type. */
static inline void add_variable(struct types *types, const char *name, int type)
{
    int id = btf__add_ptr(types->btf, btf__add_const(types->btf, type));

    btf__add_var(types->btf, name, BTF_VAR_GLOBAL_ALLOCATED, id);
}

/* A struct of that name with one member, kept by a variable. */
static inline int keep(struct types *types, const char *name)
{
    char variable[64];
    int id = btf__add_struct(types->btf, name, 4);

    btf__add_field(types->btf, "pid", types->u32, 0, 0);
    snprintf(variable, sizeof(variable), "unused_%s", name);
    add_variable(types, variable, id);
    return id;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
