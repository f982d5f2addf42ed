// SPDX-License-Identifier: Apache-2.0
#include "source/ring_type.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "record/schema.h"
#include "schema/btf_lookup.h"
#include "schema/find.h"
#include "source/record_type.h"

/* ---- messages -------------------------------------------------------------------------------- */

/* It may be set for all rings of the source. */
static const struct config_node *types_from_node(const struct ring_config *config)
{
    const struct config_node *node = config->node;

    while (node->parent && !config_map_get(node, "types_from"))
        node = node->parent;
    return ring_config_at(&(struct ring_config){.node = node}, "types_from");
}

/* A layout without the name of a type stands for itself. */
static const struct config_node *layout_node(const struct ring_config *config)
{
    const struct config_node *node = config->node;

    while (node->parent && !config_map_get(node, "layout"))
        node = node->parent;
    return ring_config_at(&(struct ring_config){.node = node}, "layout");
}

/* Reports a mistake in the C text at its place there. */
static void report_layout(const struct ring_config *config, const struct find_place *place,
                          const char *text, struct diag *diag)
{
    static const char prefix[] = "layout: "; /* already part of the message's path */
    const char *at = config->layout;

    if (strncmp(text, prefix, strlen(prefix)) == 0)
        text += strlen(prefix);
    for (uint32_t line = 1; line < place->line && strchr(at, '\n'); line++)
        at = strchr(at, '\n') + 1;
    if (strchr(config->layout, '\n'))
        diag_add_inside(diag, layout_node(config),
                        (size_t)(at - config->layout) + place->column - 1, "line %u: %s",
                        place->line, text);
    else
        diag_add_inside(diag, layout_node(config), place->column - 1, "%s", text);
}

/* Reports a mistake at the setting that has it. */
static void report(const struct ring_config *config, const struct config_node *node,
                   const struct find_place *place, struct error *error, struct diag *diag)
{
    static const char other[] = "types_from: ", layout[] = "layout: "; /* parts of the path */

    if (place->line == 0 && config->layout && strncmp(error->text, layout, strlen(layout)) == 0)
        diag_add(diag, layout_node(config), "%s", error_join(error) + strlen(layout));
    else if (strncmp(error->text, other, strlen(other)) == 0)
        diag_add(diag, types_from_node(config), "%s", error_join(error) + strlen(other));
    else if (place->line > 0)
        report_layout(config, place, error_join(error), diag);
    else
        diag_add_error(diag, node, error);
}

/* ---- what the programs say ------------------------------------------------------------------- */

/* Whether the settings are those of the source itself, which has other rings, too. */
static bool is_shared(const struct type_origin *origin, const struct ring_config *config)
{
    return origin->other_rings && !config->is_own;
}

/* The type of one of several rings is set below the name of the ring. */
static void place_hint(const struct type_origin *origin, const struct ring_config *config,
                       struct error *error)
{
    char type[ERROR_HINT_MAX + 64];
    const char *others = origin->other_rings;

    if (!is_shared(origin, config))
        return;
    error_prefix(error, "ring %s", origin->ring);
    if (!error->hint_key)
        return;
    snprintf(type, sizeof(type), "%s: %s", error->hint_key, error->hint);
    if (strlen(type) + strlen(origin->ring) + strlen(others) + strlen("{: {}}") >= ERROR_HINT_MAX)
        others = "";
    (error->is_example ? error_hint_example : error_hint_setting)(error, "rings", "{%s: {%s}%s}",
                                                                  origin->ring, type, others);
}

/* The type that the programs lead to, where no setting and no convention names one. */
static int guess_name(const struct type_origin *origin, const struct ring_config *config,
                      const char *source_name, struct diag *diag, char **ret)
{
    struct record_type found;
    struct error error = {0};
    int result;

    *ret = NULL;
    if (config->type || config->layout || config->types_from || !origin->elf || !origin->btf ||
        lookup_convention(origin->btf, origin->ring, NULL))
        return 0;
    result =
        record_type_find(origin->btf, origin->elf, origin->elf_size, origin->ring, &error, &found);
    if (result < 0) {
        place_hint(origin, config, &error);
        diag_add_error(diag, ring_config_at(config, "type"), &error);
        return result;
    }
    if (found.name)
        log_about(LOG_LEVEL_INFO, "source", source_name, "ring %s: taking %s %s, %s", origin->ring,
                  found.is_union ? "union" : "struct", found.name, found.why);
    *ret = found.name;
    return 0;
}

/* The hint is the type that the programs lead to. */
static void refuse_length(const struct type_origin *origin, const struct ring_config *config,
                          const struct schema *schema, uint32_t length, struct diag *diag)
{
    struct error error = {0}, open = {0};
    struct record_type found = {0};
    int result =
        record_type_find(origin->btf, origin->elf, origin->elf_size, origin->ring, &open, &found);

    error_set(&error, -EINVAL, "ring \"%s\" gets records of %" PRIu32 " bytes, but %s has %" PRIu32,
              origin->ring, length, schema->type_name, schema->size);
    if (found.name)
        error_hint_setting(&error, "type", "%s", found.name);
    else if (result < 0 && open.hint_key)
        (open.is_example ? error_hint_example : error_hint_setting)(&error, open.hint_key, "%s",
                                                                    open.hint);
    else
        error_hint(&error, "set type: to their type, or select: and types: to the types of all");
    if (is_shared(origin, config)) {
        char text[sizeof(error.text)];

        memcpy(text, error.text, sizeof(text));
        place_hint(origin, config, &error);
        memcpy(error.text, text, sizeof(text));
    }
    free(found.name);
    diag_add_error(diag, ring_config_at(config, "type"), &error);
}

/* Refuses a type that the records cannot have. One that the config names may be only the beginning
 * of them. */
static int check_lengths(const struct type_origin *origin, const struct ring_config *config,
                         const struct schema *schema, struct diag *diag)
{
    bool is_named = config->type || config->layout;
    struct record_lengths lengths = {0};
    uint32_t wrong = 0, n_wrong = 0;

    if (origin->elf)
        record_type_lengths(origin->btf, origin->elf, origin->elf_size, origin->ring, &lengths);
    for (uint32_t i = 0; i < lengths.count; i++) {
        if (record_type_fits(schema, lengths.list[i]) ||
            (is_named && lengths.list[i] > schema->size))
            continue;
        wrong = lengths.list[i];
        n_wrong++;
    }
    if (n_wrong == 0 || (is_named && (lengths.varies || n_wrong < lengths.count)))
        return 0;
    refuse_length(origin, config, schema, wrong, diag);
    return -EINVAL;
}

/* A convention names one type, but the programs may fill records of several that are as long. */
static int check_variables(const struct type_origin *origin, const struct ring_config *config,
                           struct diag *diag)
{
    struct error error = {0};
    int result;

    if (config->type || config->layout || config->types_from || !origin->elf)
        return 0;
    result =
        record_type_contradict(origin->btf, origin->elf, origin->elf_size, origin->ring, &error);
    if (result == 0)
        return 0;
    place_hint(origin, config, &error);
    diag_add_error(diag, ring_config_at(config, "type"), &error);
    return result;
}

/* A wrong name in the object itself: the sentence lists the types of its author. */
static void explain_name(const struct type_origin *origin, const struct ring_config *config,
                         const char *name, struct error *error)
{
    struct error better;

    if (!name || !origin->elf || config->types_from || config->layout ||
        record_type_refuse(origin->btf, origin->elf, origin->elf_size, name, &better) == 0)
        return;
    *error = better;
    if (config->types) /* its hint is for the only type */
        error->hint_key = NULL, error->hint[0] = '\0';
}

enum { ENUM_NAME_MAX = 256 }; /* bytes; a longer name is cut, and not found */

/* ---- types ----------------------------------------------------------------------------------- */

static struct find_request request_of(const struct type_origin *origin,
                                      const struct ring_config *config, const char *name)
{
    return (struct find_request){
        .type_name = name,
        .map_name = origin->ring,
        .btf = origin->btf,
        .elf = origin->elf,
        .elf_size = origin->elf_size,
        .types_from = config->types_from,
        .layout = config->layout,
    };
}

int ring_type_look_up(const struct type_origin *origin, const struct ring_config *config,
                      const char *name, const struct config_node *node, struct diag *diag,
                      struct schema **ret)
{
    struct find_request request = request_of(origin, config, name);
    struct find_place place = {0};
    struct error error = {0};
    int result = find_schema(&request, &error, &place, ret);

    if (result == -ENOENT)
        explain_name(origin, config, name, &error);
    if (result < 0 && !name)
        place_hint(origin, config, &error);
    if (result < 0 && config->layout && !config->type && !config->types)
        node = layout_node(config);
    if (result < 0)
        report(config, node, &place, &error, diag);
    return result;
}

int ring_type_look_up_enum(const struct type_origin *origin, const struct ring_config *config,
                           const char *name, const struct config_node *node, struct diag *diag,
                           struct schema **ret)
{
    char spelled[ENUM_NAME_MAX + sizeof("enum ")];
    struct find_request request = request_of(origin, config, spelled);
    struct find_place place = {0};
    struct error error = {0};
    int result;

    snprintf(spelled, sizeof(spelled), "%s%s", strncmp(name, "enum ", 5) == 0 ? "" : "enum ", name);
    request.is_enum = true;
    result = find_schema(&request, &error, &place, ret);
    if (result < 0)
        report(config, node, &place, &error, diag);
    return result;
}

int ring_type_find(const struct type_origin *origin, const struct ring_config *config,
                   const char *source_name, struct diag *diag, struct schema **ret)
{
    _cleanup_(cleanup_free) char *guessed = NULL;
    int result = guess_name(origin, config, source_name, diag, &guessed);

    if (result == 0)
        result = ring_type_look_up(origin, config, guessed ? guessed : config->type,
                                   ring_config_at(config, "type"), diag, ret);
    if (result == 0)
        result = check_lengths(origin, config, *ret, diag);
    return result == 0 ? check_variables(origin, config, diag) : result;
}
