// SPDX-License-Identifier: Apache-2.0

/* Nothing is loaded, so anybody can survey any object. */

#include "cli/object_survey.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/constant_value.h"
#include "schema/choice.h"
#include "source/constants.h"
#include "source/elf.h"
#include "source/kernel_lacks.h"
#include "source/map_config.h"
#include "source/object.h"
#include "source/object_rings.h"
#include "source/own_types.h"
#include "source/programs.h"
#include "source/record_type.h"
#include "source/register_values.h"

struct survey {
    struct object *object;
    struct kernel_lacks *kernel;
    json_t *rings, *types, *programs, *constants, *unsized, *pinned;
};

/* A text that is not UTF-8, which only a hostile file has, becomes null. */
static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    json_object_set_new(object, key, value ? value : json_null());
}

/* ---- types ----------------------------------------------------------------------------------- */

static void take_type(void *context, const struct own_type *type)
{
    struct survey *survey = context;
    json_t *entry = json_object();

    set_text(entry, "name", type->name);
    set_text(entry, "kind", type->is_union ? "union" : "struct");
    json_object_set_new(entry, "size", json_integer(type->size));
    json_array_append_new(survey->types, entry);
}

static json_t *find_type(const struct survey *survey, const char *name)
{
    struct choice_name wanted = choice_parse(name);
    size_t index;
    json_t *type;

    json_array_foreach(survey->types, index, type)
    {
        const char *other = json_string_value(json_object_get(type, "name"));

        if (other && strcmp(other, wanted.bare) == 0)
            return type;
    }
    return NULL;
}

/* ---- rings ----------------------------------------------------------------------------------- */

static void add_ring(struct survey *survey, struct bpf_map *map)
{
    static const char question[] = "which type do the records have? ";
    const struct object *object = survey->object;
    uint32_t size = object_rings_size(object, map);
    bool is_perf = bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
    struct record_type found = {0};
    struct error error = {0};
    json_t *ring = json_object(), *type;
    const char *open = error.text;

    record_type_of_ring(object_btf(object), object->bytes, object->size, bpf_map__name(map), &error,
                        &found);
    type = found.name ? find_type(survey, found.name) : NULL;
    set_text(ring, "name", bpf_map__name(map));
    json_object_set_new(ring, "size", size ? json_integer(size) : json_null());
    json_object_set_new(ring, "map_of_rings",
                        json_boolean(!is_perf && bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF));
    json_object_set_new(ring, "perf_event_array", json_boolean(is_perf));
    set_text(ring, "type", found.name);
    json_object_set(ring, "type_size", type ? json_object_get(type, "size") : json_null());
    set_text(ring, "because", found.name ? found.why : NULL);
    if (strncmp(open, question, strlen(question)) == 0)
        open += strlen(question);
    set_text(ring, "open", found.name || !*open ? NULL : open);
    json_array_append_new(survey->rings, ring);
    free(found.name);
}

/* ---- programs -------------------------------------------------------------------------------- */

static void add_program(struct survey *survey, const struct object_program *program)
{
    json_t *entry = json_object(), *lacks = json_array();
    char text[KERNEL_LACKS_MAX], needs[PROGRAM_NEEDS_MAX] = "\"section\"";
    bool is_unknown = program->hook == &hook_unknown;

    set_text(entry, "name", program->name);
    set_text(entry, "section", bpf_program__section_name(program->program));
    set_text(entry, "hook", program->hook->what);
    set_text(entry, "never", is_unknown ? NULL : program->hook->never);
    json_object_set_new(entry, "on_request", json_boolean(!program->chosen));
    set_text(entry, "needs", is_unknown || program_needs(program, needs) ? needs : NULL);
    if (kernel_lacks_hook(survey->kernel, program, text))
        json_array_append_new(lacks, json_string(text));
    json_object_set_new(entry, "lacks", lacks);
    json_array_append_new(survey->programs, entry);
}

/* The list of a program; of a function that is not a program, that of all of them. */
static void add_lack(struct survey *survey, const char *function, const char *text)
{
    bool is_program = object_find(survey->object, function);
    size_t index, other;
    json_t *program, *known;

    json_array_foreach(survey->programs, index, program)
    {
        json_t *lacks = json_object_get(program, "lacks");
        bool is_listed = false;

        if (is_program &&
            strcmp(json_string_value(json_object_get(program, "name")), function) != 0)
            continue;
        json_array_foreach(lacks, other, known) is_listed |=
            strcmp(json_string_value(known), text) == 0;
        if (!is_listed)
            json_array_append_new(lacks, json_string(text));
    }
}

static void take_call(void *context, const struct helper_call *call)
{
    struct survey *survey = context;
    char text[KERNEL_LACKS_MAX];

    if (kernel_lacks_helper(survey->kernel, call->helper, text))
        add_lack(survey, call->function, text);
}

/* ---- what can or must be set ----------------------------------------------------------------- */

static void take_constant(void *context, const struct global_variable *constant)
{
    struct survey *survey = context;
    char type[CONSTANT_TYPE_MAX];
    json_t *entry = json_object();

    constant_type(constant, type);
    set_text(entry, "name", constant->name);
    set_text(entry, "section", constant->section);
    set_text(entry, "type", type);
    json_object_set_new(entry, "value", constant_value(constant));
    json_array_append_new(survey->constants, entry);
}

static void add_map(struct survey *survey, struct bpf_map *map)
{
    if (map_config_lacks_size(map))
        json_array_append_new(survey->unsized, json_string(bpf_map__name(map)));
    if (bpf_map__pin_path(map))
        json_array_append_new(survey->pinned, json_string(bpf_map__name(map)));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void fill(struct survey *survey)
{
    const struct object *object = survey->object;
    struct bpf_map *map;

    own_types_list(object_btf(object), object->bytes, object->size, take_type, survey);
    bpf_object__for_each_map(map, object->plan)
    {
        if (object_rings_has(object, map))
            add_ring(survey, map);
        add_map(survey, map);
    }
    for (uint32_t i = 0; i < object->n_programs; i++)
        add_program(survey, &object->programs[i]);
    register_values_read(object->bytes, object->size, take_call, survey);
    constants_each(object->plan, take_constant, survey);
}

json_t *object_survey(const void *bytes, size_t size, struct error *error)
{
    struct survey survey = {0};
    json_t *result;

    if (elf_check(bytes, size, error) < 0 ||
        object_open("schema", bytes, size, error, &survey.object) < 0)
        return NULL;
    survey.kernel = kernel_lacks_new();
    result =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rings", survey.rings = json_array(), "types",
                  survey.types = json_array(), "programs", survey.programs = json_array(),
                  "constants", survey.constants = json_array(), "maps_without_size",
                  survey.unsized = json_array(), "pinned_by_name", survey.pinned = json_array());
    if (result)
        fill(&survey);
    else
        error_set(error, -ENOMEM, "out of memory");
    kernel_lacks_free(survey.kernel);
    object_free(survey.object);
    return result;
}
