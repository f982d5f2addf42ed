// SPDX-License-Identifier: Apache-2.0

/* The conventions that need two fields. Programs that trace both families keep an address in 16
 * bytes, or in a union of 4 and 16, and say beside it which of them it is. Nothing in an array is
 * looked at. */

#include <fnmatch.h>
#include <string.h>

#include "schema/meaning_by.h"

/* What says the family; the last ones only right beside the address, as they often mean another
 * version elsewhere. */
static const char *const families[] = {"family",         "af",        "sa_family", "addr_family",
                                       "address_family", "ip_family", "sk_family", "skc_family",
                                       "ip_version",     "ip_ver",    "ipver",     "ipv"};
static const char version[] = "version";

static const char *const address_names[] = {"*addr", "*addr_raw", "*address", "ip",
                                            "*_ip",  "src",       "dst"};

static const int64_t inet[] = {2, 4}, inet6[] = {10, 6}; /* AF_INET, AF_INET6 and the versions */

struct family_search {
    struct schema *schema;
    const struct chosen_fields *chosen;
    struct field *fields;
    uint32_t count;
    const struct field *outer_family; /* of the fields around these; NULL: unknown */
    const struct field *family;       /* of these fields; NULL: unknown */
};

static const struct field *find_integer(const struct family_search *level, const char *name)
{
    const struct field *field = field_among(level->fields, level->count, name, strlen(name));
    bool integer = field && (field->kind == FIELD_UINT || field->kind == FIELD_INT ||
                             field->kind == FIELD_ENUM);

    return integer ? field : NULL;
}

static const struct field *find_family(const struct family_search *level)
{
    const struct field *field = NULL;

    for (size_t i = 0; i < sizeof(families) / sizeof(*families) && !field; i++)
        field = find_integer(level, families[i]);
    return field ? field : level->outer_family;
}

static bool is_address_name(const char *name)
{
    for (size_t i = 0; i < sizeof(address_names) / sizeof(*address_names); i++)
        if (fnmatch(address_names[i], name, 0) == 0)
            return true;
    return false;
}

/* An address of one family, by its name: v4, saddr_v6... */
static bool is_of(const struct field *field, char digit, uint32_t size)
{
    return field->size == size && strchr(field->name, digit);
}

static bool is_union_of_both(const struct field *field)
{
    const struct field *members = field->members;

    return field->kind == FIELD_UNION && field->n_members == 2 &&
           ((is_of(&members[0], '4', 4) && is_of(&members[1], '6', 16)) ||
            (is_of(&members[0], '6', 16) && is_of(&members[1], '4', 4)));
}

static bool is_either_address(const struct field *field)
{
    bool numbers = field->kind == FIELD_ARRAY && field->members->kind == FIELD_UINT &&
                   (field->stride == 1 || field->stride == 4);

    if (field->size != 16 || field->guard)
        return false;
    if (is_union_of_both(field))
        return true;
    if (strchr(field->name, '6'))
        return false;
    return (field->kind == FIELD_BYTES && field->meaning == MEANING_IPV6) ||
           (numbers && !field->meaning && is_address_name(field->name));
}

/* The other half of an unnamed union. */
static const struct field *find_counterpart(const struct family_search *level,
                                            const struct field *field)
{
    for (uint32_t i = 0; i < level->count; i++) {
        const struct field *other = &level->fields[i];

        if (other->offset == field->offset && other->meaning == MEANING_IPV6 &&
            is_of(other, '6', 16))
            return other;
    }
    return NULL;
}

static bool is_chosen(const struct family_search *level, const struct field *field)
{
    return meaning_is_chosen(level->chosen, field) || field->guard;
}

static int guard_pair(const struct family_search *level, struct field *ipv4)
{
    struct field *ipv6 = (struct field *)find_counterpart(level, ipv4);
    int r;

    if (!ipv6 || is_chosen(level, ipv4) || is_chosen(level, ipv6))
        return 0;
    r = meaning_by_guard(level->schema, ipv4, level->family, inet, 2);
    return r < 0 ? r : meaning_by_guard(level->schema, ipv6, level->family, inet6, 2);
}

/* Which process has the stack: nobody else's number has these names, and neither of them is in
 * doubt where the field is right beside the stack. */
static const struct field *find_process(const struct family_search *level)
{
    const struct field *process = find_integer(level, "tgid");

    process = process ? process : find_integer(level, "pid");
    return process && process->size == 4 && !process->bits ? process : NULL;
}

static bool is_user_stack(const struct family_search *level, const struct field *field)
{
    return (strcmp(field->name, "ustack") == 0 || strcmp(field->name, "user_stack") == 0) &&
           meaning_fits(field, MEANING_USER_STACK) && field->members->kind == FIELD_UINT &&
           !field->by && !field->members->meaning && !is_chosen(level, field) &&
           !meaning_is_chosen(level->chosen, field->members);
}

static void apply_process(const struct family_search *level, struct field *field)
{
    const struct field *process = is_user_stack(level, field) ? find_process(level) : NULL;

    if (process)
        meaning_by_process(field, process);
}

/* Says so by its type, see bpf/ringmill.bpf.h. */
static bool is_count(const struct field *field)
{
    return field->type_name && strcmp(field->type_name, "ringmill_count") == 0 &&
           field->kind == FIELD_UINT && !field->bits && !field->meaning;
}

static void apply_count(const struct family_search *level, uint32_t index)
{
    struct field *field = &level->fields[index];

    if (index == 0 || !is_count(&field[-1]) || field->kind != FIELD_ARRAY || field->by ||
        field->meaning || is_chosen(level, field))
        return;
    field->by = &field[-1];
    field->by_each = 0;
}

static int apply(const struct family_search *level, struct field *field)
{
    if (field->kind != FIELD_UNION && field->meaning == MEANING_IPV4 && is_of(field, '4', 4))
        return guard_pair(level, field);
    if (!is_either_address(field) || is_chosen(level, field))
        return 0;
    meaning_give(field, MEANING_IP);
    field->by = level->family;
    return 0;
}

static int visit(struct family_search level)
{
    int r = 0;

    level.outer_family = find_family(&level);
    level.family = level.outer_family ? level.outer_family : find_integer(&level, version);
    for (uint32_t i = 0; i < level.count && r == 0; i++) {
        struct field *field = &level.fields[i];
        struct family_search inner = level;

        apply_process(&level, field);
        apply_count(&level, i);
        if (level.family)
            r = apply(&level, field);
        if (r < 0 || (field->kind != FIELD_STRUCT && field->kind != FIELD_UNION))
            continue;
        inner.fields = (struct field *)field->members;
        inner.count = field->n_members;
        r = visit(inner);
    }
    return r;
}

int meaning_by_conventions(struct schema *schema, const struct chosen_fields *chosen)
{
    return visit((struct family_search){
        .schema = schema, .chosen = chosen, .fields = schema->fields, .count = schema->n_fields});
}
