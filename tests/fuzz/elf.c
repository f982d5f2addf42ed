// SPDX-License-Identifier: Apache-2.0

/* Input: a file, ELF or raw BTF. Whatever its bytes, each type that it is said to have is found or
 * refused with a sentence, and what is found lies within its struct: the daemon reads records by
 * these places without looking at the file again. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/btf_lookup.h"
#include "schema/dwarf.h"
#include "schema/find.h"
#include "schema/map_lookup.h"
#include "schema/meaning.h"
#include "schema/schema_table.h"
#include "schema/types.h"
#include "source/record_variables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPES_MAX = 24, RINGS_MAX = 4, NAME_MAX_BYTES = 256 };

static void demand(int truth)
{
    if (!truth)
        abort();
}

/* end: where the fixed part ends; what is in a flexible array has none. */
static void check_field(const struct field *field, uint64_t end)
{
    uint64_t behind = (uint64_t)field->offset + field->size;

    demand(field->name && field->type_name && behind <= end && behind <= UINT32_MAX);
    demand(field->bits <= 64 && field->shift < 8 && (!field->bits || field->size <= 9));
    for (uint32_t i = 0; i < field->n_names; i++)
        demand(field->names[i].name != NULL);
    if (field->kind == FIELD_ARRAY) {
        demand(field->stride > 0 && field->members);
        demand((uint64_t)field->count * field->stride == field->size);
        check_field(field->members, field->count ? behind : UINT32_MAX);
    }
    for (uint32_t i = 0; i < field->n_members; i++)
        check_field(&field->members[i], end);
}

static void find(const struct types *types, const char *name)
{
    struct find_request request = {
        .type_name = name, .btf = types->btf, .elf = types->elf, .elf_size = types->elf_size};
    struct schema *schema = NULL;
    struct error error = {0};
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (find_schema(&request, &error, NULL, &schema) < 0) {
        demand(*error.text && !schema);
        return;
    }
    for (uint32_t i = 0; i < schema->n_fields; i++)
        check_field(&schema->fields[i], schema->size);
    demand(meaning_apply(schema, NULL, 0, NULL, NULL) == 0);
    if (schema->n_fields < 100)
        table_print(schema, "", nowhere);
    schema_free(schema);
}

struct names {
    char list[TYPES_MAX][NAME_MAX_BYTES];
    uint32_t count;
};

static int take(void *context, const struct dwarf_candidate *candidate)
{
    struct names *names = context;

    snprintf(names->list[names->count++], NAME_MAX_BYTES, "%s", candidate->name);
    return names->count == TYPES_MAX;
}

static void find_all(const struct types *types)
{
    struct candidate *candidates = NULL;
    struct names names = {.count = 0};
    uint32_t count = 0;

    find(types, NULL);
    if (types->btf)
        demand(lookup_candidates(types->btf, &candidates, &count) == 0);
    for (uint32_t i = 0; i < count && i < TYPES_MAX; i++)
        find(types, candidates[i].name);
    free(candidates);
    if (types->has_dwarf)
        schema_list_dwarf(types->elf, types->elf_size, NULL, take, &names);
    for (uint32_t i = 0; i < names.count; i++)
        find(types, names.list[i]);
}

static void check_variable(void *context, const struct record_type *type)
{
    (void)context;
    demand(*type->name && type->length > 0 && *type->why);
}

/* What the programs say of the records of each ring. */
static void read_programs(const struct types *types)
{
    struct record_variables *variables;
    struct record_lengths lengths;
    const char *ring = "";

    for (uint32_t i = 0; i < RINGS_MAX && ring; i++) {
        record_lengths_read(types->elf, types->elf_size, ring, i % 2, i == 0, &lengths);
        for (uint32_t k = 1; k < lengths.count; k++)
            demand(lengths.list[k - 1] < lengths.list[k]);
        demand(record_variables_read(&lengths, types->elf, types->elf_size, &variables) == 0);
        record_variables_each(variables, check_variable, NULL);
        record_variables_free(variables);
        ring = types->btf ? lookup_ring(types->btf, i) : NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *exact = malloc(size + !size);
    struct types *types = NULL;
    struct error error = {0};

    memcpy(exact, data, size);
    if (types_open_memory(exact, size, &error, &types) == 0)
        find_all(types);
    if (types && types->elf)
        read_programs(types);
    if (!types)
        demand(*error.text != '\0');
    types_free(types);
    free(exact);
    return 0;
}
