// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/object_survey.h"

enum {
    ROWS_MAX = 16,       /* of one section */
    NAME_WIDTH_MAX = 28, /* longer names move the rest of their line */
    VALUE_MAX = 48,      /* bytes of a constant */
};

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));

    return text ? text : "";
}

/* The width of the column of names. */
static int width_of(const json_t *list)
{
    int width = 0;
    size_t index;
    json_t *entry;

    json_array_foreach((json_t *)(uintptr_t)list, index, entry)
    {
        int length =
            (int)strlen(json_is_string(entry) ? json_string_value(entry) : text_of(entry, "name"));

        if (index < ROWS_MAX && length <= NAME_WIDTH_MAX && length > width)
            width = length;
    }
    return width;
}

static void print_size(uint64_t size, FILE *file)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    char text[32];

    for (; size >= 1024 && size % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
        size /= 1024;
    snprintf(text, sizeof(text), "%" PRIu64 "%s", size, units[unit]);
    fprintf(file, "%7s", text);
}

static void print_ring(const json_t *ring, int width, FILE *file)
{
    const json_t *size = json_object_get(ring, "size"),
                 *length = json_object_get(ring, "type_size");

    fprintf(file, "  %-*s  ", width, text_of(ring, "name"));
    if (json_is_integer(size))
        print_size((uint64_t)json_integer_value(size), file);
    else
        fprintf(file, "%7s", "?");
    fputs("  ", file);
    if (json_is_string(json_object_get(ring, "type"))) {
        fprintf(file, "%s", text_of(ring, "type"));
        if (json_is_integer(length))
            fprintf(file, ", %" JSON_INTEGER_FORMAT " bytes", json_integer_value(length));
        fprintf(file, " (%s)", text_of(ring, "because"));
    } else {
        fprintf(file, "type unknown: %s", text_of(ring, "open"));
    }
    if (json_is_true(json_object_get(ring, "map_of_rings")))
        fputs("; a map of rings", file);
    if (json_is_true(json_object_get(ring, "perf_event_array")))
        fputs("; a perf event array, with a ring for each CPU", file);
    fputc('\n', file);
}

static void print_type(const json_t *type, int width, FILE *file)
{
    fprintf(file, "  %-*s  %7" JSON_INTEGER_FORMAT "%s\n", width, text_of(type, "name"),
            json_integer_value(json_object_get(type, "size")),
            strcmp(text_of(type, "kind"), "union") == 0 ? "  union" : "");
}

/* "interface" as --interface. */
static void print_needs(const char *needs, FILE *file)
{
    bool is_open = false;

    fputs("; needs ", file);
    for (; *needs; needs++) {
        if (*needs != '"') {
            fputc(*needs, file);
            continue;
        }
        is_open = !is_open;
        fputs(is_open ? "--" : "", file);
    }
}

static void print_program(const json_t *program, int width, FILE *file)
{
    size_t index;
    json_t *lack;

    fprintf(file, "  %-*s  %s", width, text_of(program, "name"), text_of(program, "section"));
    if (json_is_true(json_object_get(program, "on_request")))
        fprintf(file, "; only with --program %s", text_of(program, "name"));
    if (*text_of(program, "never"))
        fprintf(file, "; cannot be attached: %s", text_of(program, "never"));
    if (strcmp(text_of(program, "needs"), "\"section\"") == 0)
        fprintf(file, "; needs --attach %s=SECTION: this name does not tell what it is",
                text_of(program, "name"));
    else if (*text_of(program, "needs"))
        print_needs(text_of(program, "needs"), file);
    json_array_foreach(json_object_get(program, "lacks"), index, lack)
        fprintf(file, "; this kernel does not have %s", json_string_value(lack));
    fputc('\n', file);
}

static void print_constant(const json_t *constant, int width, FILE *file)
{
    _cleanup_(cleanup_free) char *value =
        json_dumps(json_object_get(constant, "value"), JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    bool is_long = value && strlen(value) > VALUE_MAX;

    fprintf(file, "  %-*s  %s = %.*s%s\n", width, text_of(constant, "name"),
            text_of(constant, "type"), VALUE_MAX, value ? value : "?", is_long ? "..." : "");
}

static void print_unsized(const json_t *name, int width, FILE *file)
{
    fprintf(file, "  %-*s  set it with --map-size %s=N\n", width, json_string_value(name),
            json_string_value(name));
}

static void print_pinned(const json_t *name, int width, FILE *file)
{
    fprintf(file, "  %-*s  ringmill does not pin it\n", width, json_string_value(name));
}

static const struct section {
    const char *key;
    const char *title;
    void (*print)(const json_t *entry, int width, FILE *file);
} sections[] = {
    {"rings", "rings", print_ring},
    {"types", "types, in bytes", print_type},
    {"programs", "programs", print_program},
    {"constants", "constants and variables", print_constant},
    {"maps_without_size", "maps without a size", print_unsized},
    {"pinned_by_name", "maps pinned by name", print_pinned},
};

void object_survey_print(const json_t *survey, FILE *file)
{
    bool is_first = true;

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        const json_t *list = json_object_get(survey, sections[i].key);
        size_t count = json_array_size(list);

        if (count == 0 && i > 0)
            continue;
        fprintf(file, "%s%s%s\n", is_first ? "" : "\n", sections[i].title,
                count == 0 ? ": none" : "");
        is_first = false;
        for (size_t k = 0; k < count && k < ROWS_MAX; k++)
            sections[i].print(json_array_get(list, k), width_of(list), file);
        if (count > ROWS_MAX)
            fprintf(file, "  and %zu more; --json lists all\n", count - ROWS_MAX);
    }
}
