// SPDX-License-Identifier: Apache-2.0
#include "source/builtin_settings.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "source/constants.h"
#include "source/object.h"

struct setting_table builtin_settings_table(const struct builtin *builtin,
                                            struct builtin_values *values)
{
    const struct setting *row = builtin ? builtin->settings : NULL;

    for (size_t i = 0; row && row->name && i < BUILTIN_SETTINGS_MAX; i++, row++) {
        values->rows[i] = *row;
        values->rows[i].offset = offsetof(struct builtin_values, values[i]);
    }
    return (struct setting_table){values->rows, values};
}

static uint64_t value_of(const struct builtin_values *values, const struct setting *row)
{
    const void *at = (const char *)values + row->offset;

    switch (row->type) {
    case SETTING_BOOL:
        return *(const bool *)at;
    case SETTING_CHOICE:
        return (uint64_t) * (const int *)at;
    default:
        return *(const uint64_t *)at;
    }
}

/* Of the setting of that name; 0: there is none. */
static uint64_t find_value(const struct builtin_values *values, const char *name)
{
    for (const struct setting *row = values->rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return value_of(values, row);
    return 0;
}

static int size_table(const struct builtin_table *table, const struct builtin_values *values,
                      const struct object *object, struct error *error)
{
    uint64_t entries = find_value(values, table->setting);
    struct bpf_map *map = bpf_object__find_map_by_name(object->plan, table->map);

    entries /= table->per_element ? table->per_element : 1;
    if (!map || bpf_map__set_max_entries(map, (uint32_t)entries) < 0)
        return error_set(error, -EINVAL, "the program has no map %s", table->map);
    return 0;
}

int builtin_settings_apply(const struct builtin *builtin, const struct builtin_values *values,
                           struct object *object, struct error *error)
{
    int result = 0;

    for (const struct setting *row = values->rows; row->name && result == 0; row++)
        result = constants_set_number(object->plan, row->name, value_of(values, row), error);
    for (const struct builtin_table *row = builtin->tables; row && row->map && result == 0; row++)
        result = size_table(row, values, object, error);
    for (const struct builtin_program *row = builtin->programs; row && row->name; row++) {
        struct object_program *program = object_find(object, row->name);

        if (!program)
            return error_set(error, -EINVAL, "the program has no function %s", row->name);
        program->chosen = program->attach = (find_value(values, row->setting) != 0) != row->unless;
    }
    return result;
}
