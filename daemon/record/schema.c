// SPDX-License-Identifier: Apache-2.0

/* A schema and all that its fields point to are one lifetime. */

#include "record/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* What schema_new() really allocates; the schema comes first, so either pointer is the other. */
struct owner {
    struct schema schema;
    struct arena arena;
};

static struct arena *arena_of(struct schema *schema)
{
    return &((struct owner *)schema)->arena;
}

void *schema_keep_array(struct schema *schema, size_t count, size_t size)
{
    return arena_take(arena_of(schema), count, size);
}

const char *schema_keep(struct schema *schema, const char *text)
{
    return arena_take_text(arena_of(schema), text, strlen(text));
}

struct schema *schema_new(const char *type_name, uint32_t n_fields)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = calloc(1, sizeof(struct owner));

    if (!schema)
        return NULL;
    schema->type_name = schema_keep(schema, type_name);
    schema->fields = schema_keep_array(schema, n_fields, sizeof(*schema->fields));
    schema->n_fields = n_fields;
    if (!schema->type_name || !schema->fields)
        return NULL;
    return TAKE_PTR(schema);
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    arena_deinit(arena_of(schema));
    free(schema);
}

int schema_hide(struct schema *schema, const struct field *field, const char *path)
{
    const char *kept = schema_keep(schema, path);

    if (!kept)
        return -ENOMEM;
    if (!schema->hidden)
        schema->hidden = kept;
    if (!schema->hidden_bytes && !field->column)
        schema->hidden_bytes = kept;
    return 0;
}

const struct field *field_among(const struct field *fields, uint32_t n, const char *name,
                                size_t length)
{
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(fields[i].name, name, length) == 0 && fields[i].name[length] == '\0')
            return &fields[i];
    return NULL;
}

const struct field *schema_find(const struct schema *schema, const char *name)
{
    return field_among(schema->fields, schema->n_fields, name, strlen(name));
}

bool schema_among(const struct schema *const *schemas, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (schema_find(schemas[i], name))
            return true;
    return false;
}

const struct field *schema_find_meaning(const struct schema *schema, enum field_meaning meaning)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];

        if (field->meaning == meaning && (field->kind == FIELD_UINT || field->kind == FIELD_INT))
            return field;
    }
    return NULL;
}

static bool fields_are_open_ended(const struct field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];

        bool placed = field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS;

        if ((placed && !field->in_place) || field->size == 0 ||
            (field->members &&
             fields_are_open_ended(field->members,
                                   field->kind == FIELD_ARRAY ? 1 : field->n_members)))
            return true;
    }
    return false;
}

bool schema_is_open_ended(const struct schema *schema)
{
    return fields_are_open_ended(schema->fields, schema->n_fields);
}

uint32_t schema_least_length(const struct schema *schema)
{
    const struct field *last = schema->n_fields ? &schema->fields[schema->n_fields - 1] : NULL;
    bool is_bytes;

    while (last && last->kind == FIELD_STRUCT && last->n_members)
        last = &last->members[last->n_members - 1];
    if (!last)
        return schema->size;
    is_bytes = last->kind == FIELD_CHARS || (last->kind == FIELD_ARRAY && last->stride == 1);
    return last->offset + (is_bytes ? 0 : last->size);
}

const char *meaning_name(enum field_meaning meaning)
{
    static const char *const names[MEANING_COUNT] = {
        [MEANING_KTIME] = "ktime",
        [MEANING_UNIX_NS] = "unix_ns",
        [MEANING_IPV4] = "ipv4",
        [MEANING_IPV6] = "ipv6",
        [MEANING_IP] = "ip",
        [MEANING_MAC] = "mac",
        [MEANING_PORT_BE] = "port_be",
        [MEANING_UID] = "uid",
        [MEANING_GID] = "gid",
        [MEANING_ERRNO] = "errno",
        [MEANING_SYSCALL] = "syscall",
        [MEANING_CGROUP_ID] = "cgroup_id",
        [MEANING_BOOTTIME] = "boottime",
        [MEANING_SIGNAL] = "signal",
        [MEANING_CAPABILITY] = "capability",
        [MEANING_CAPABILITIES] = "capabilities",
        [MEANING_FAMILY] = "family",
        [MEANING_IP_PROTO] = "ip_proto",
        [MEANING_TCP_STATE] = "tcp_state",
        [MEANING_OPEN_FLAGS] = "open_flags",
        [MEANING_TCP_FLAGS] = "tcp_flags",
        [MEANING_MMAP_PROT] = "mmap_prot",
        [MEANING_MMAP_FLAGS] = "mmap_flags",
        [MEANING_CLONE_FLAGS] = "clone_flags",
        [MEANING_MODE] = "mode",
        [MEANING_FLAGS] = "flags",
        [MEANING_KERNEL_SYMBOL] = "kernel_symbol",
        [MEANING_KERNEL_STACK] = "kernel_stack",
        [MEANING_USER_SYMBOL] = "user_symbol",
        [MEANING_USER_STACK] = "user_stack",
        [MEANING_HEX] = "hex",
        [MEANING_BYTES] = "bytes",
    };

    return names[meaning];
}
