// SPDX-License-Identifier: Apache-2.0

/* A field that no type of the ring has is a mistake; one that only some types have is not. */

#include "source/ring_meanings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "schema/meaning_enum.h"

/* One `as:` applies to all types of a ring: a field need be in one of them only. */
struct meanings {
    struct meaning_choice *choices; /* by config->as's entries */
    bool *used;
    struct meaning_choice *fitting; /* those that one type has */
    uint32_t *entries;              /* of the fitting ones */
    char **words;                   /* what was put together from maps; by entries, some NULL */
    struct schema **enums;          /* that the words name; by entries, some NULL */
    uint32_t n;
};

static void meanings_deinit(struct meanings *meanings)
{
    for (uint32_t i = 0; meanings->words && i < meanings->n; i++)
        free(meanings->words[i]);
    for (uint32_t i = 0; meanings->enums && i < meanings->n; i++)
        schema_free(meanings->enums[i]);
    free(meanings->words);
    free(meanings->enums);
    free(meanings->choices);
    free(meanings->used);
    free(meanings->fitting);
    free(meanings->entries);
}

static int check_word(const struct config_node *node, struct diag *diag)
{
    if (node->kind == CONFIG_SCALAR && !config_node_is_null(node))
        return 0;
    diag_add(diag, node, "expected a meaning, such as ipv4, found %s", config_node_kind_name(node));
    return -EINVAL;
}

static int add_word(const struct config_node *value, const char *key, FILE *file, struct diag *diag)
{
    int result = check_word(value, diag);

    if (result == 0)
        fprintf(file, "%s%s:%s", ftell(file) > 0 ? "," : "", key, value->text);
    return result;
}

/* A map says what the command line says in one word: {by: kind, is: [1, 2]} is by:kind,is:1,is:2.
 */
static int join_words(const struct config_node *map, struct diag *diag, char **ret_words)
{
    size_t size;
    FILE *file = open_memstream(ret_words, &size);
    int result = file ? 0 : -ENOMEM;

    for (const struct config_node *entry = map->first; entry && result == 0; entry = entry->next) {
        const struct config_node *item = entry->kind == CONFIG_LIST ? entry->first : NULL;

        if (!item)
            result = add_word(entry, entry->key, file, diag);
        for (; item && result == 0; item = item->next)
            result = add_word(item, entry->key, file, diag);
    }
    if (!file || fclose(file) != 0) {
        diag_add(diag, map, "out of memory");
        return -ENOMEM;
    }
    return result;
}

static int meanings_init(struct meanings *meanings, const struct config_node *as, struct diag *diag)
{
    *meanings = (struct meanings){0};
    if (!as)
        return 0;
    if (as->kind != CONFIG_MAP) {
        diag_add(diag, as, "expected FIELD: MEANING pairs, as in {saddr: ipv4}; found %s",
                 config_node_kind_name(as));
        return -EINVAL;
    }
    meanings->choices = calloc(as->count + 1, sizeof(*meanings->choices));
    meanings->fitting = calloc(as->count + 1, sizeof(*meanings->fitting));
    meanings->used = calloc(as->count + 1, sizeof(*meanings->used));
    meanings->entries = calloc(as->count + 1, sizeof(*meanings->entries));
    meanings->words = calloc(as->count + 1, sizeof(*meanings->words));
    meanings->enums = calloc(as->count + 1, sizeof(*meanings->enums));
    if (!meanings->words || !meanings->enums || !meanings->choices || !meanings->fitting ||
        !meanings->used || !meanings->entries) {
        diag_add(diag, as, "out of memory");
        return -ENOMEM;
    }
    for (const struct config_node *entry = as->first; entry; entry = entry->next) {
        const char *words = entry->text;
        int result = entry->kind == CONFIG_MAP
                         ? join_words(entry, diag, &meanings->words[meanings->n])
                         : check_word(entry, diag);

        if (entry->kind == CONFIG_MAP)
            words = meanings->words[meanings->n];
        meanings->choices[meanings->n++] = (struct meaning_choice){entry->key, words, NULL};
        if (result < 0)
            return result;
    }
    return 0;
}

static int find_enums(struct meanings *meanings, const struct type_origin *origin,
                      const struct ring_config *config, struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; i < meanings->n; i++) {
        const char *name = meaning_enum_name(meanings->choices[i].as);

        if (!name || !*name)
            continue;
        if (ring_type_look_up_enum(origin, config, name, config_node_at(config->as, i), diag,
                                   &meanings->enums[i]) < 0)
            result = -EINVAL;
        else
            meanings->choices[i].named = meanings->enums[i]->fields;
    }
    return result;
}

static int apply_meanings(struct meanings *meanings, const struct config_node *as,
                          struct schema *schema, struct diag *diag)
{
    uint32_t wrong = 0, n = 0;
    struct error error;

    for (uint32_t i = 0; i < meanings->n; i++) {
        if (!meaning_knows(schema, meanings->choices[i].path))
            continue;
        meanings->used[i] = true;
        meanings->entries[n] = i;
        meanings->fitting[n++] = meanings->choices[i];
    }
    if (meaning_apply(schema, meanings->fitting, n, &error, &wrong) == 0)
        return 0;
    diag_add_error(diag, n > 0 ? config_node_at(as, meanings->entries[wrong]) : as, &error);
    return -EINVAL;
}

/* Reports fields that no type has; the message lists the fields of the first type. */
static int check_unused(const struct meanings *meanings, const struct config_node *as,
                        struct schema *first, struct diag *diag)
{
    int result = 0;

    for (uint32_t i = 0; i < meanings->n; i++) {
        struct error error;
        uint32_t wrong;

        if (meanings->used[i])
            continue;
        result = meaning_apply(first, &meanings->choices[i], 1, &error, &wrong);
        if (result < 0)
            diag_add_key(diag, config_node_at(as, i), "%s", error_join(&error));
    }
    return result < 0 ? -EINVAL : 0;
}

/* ---- built-in sources ------------------------------------------------------------------------ */

enum { BUILT_IN_MAX = 64 }; /* fields of one type that are given a meaning */

/* Adds a choice, or one for each field from FIRST up to, and without, END of "FIRST..END". */
static uint32_t add_choices(const struct schema *schema, const struct meaning_choice *choice,
                            struct meaning_choice *choices, uint32_t n)
{
    const char *dots = strstr(choice->path, "..");
    size_t length = dots ? (size_t)(dots - choice->path) : 0;
    bool within = false;

    if (!dots)
        choices[n++] = *choice;
    for (uint32_t i = 0; dots && i < schema->n_fields; i++) {
        const char *name = schema->fields[i].name;

        within |= strlen(name) == length && strncmp(name, choice->path, length) == 0;
        if (strcmp(name, dots + 2) == 0)
            break;
        if (within && n < BUILT_IN_MAX)
            choices[n++] = (struct meaning_choice){name, choice->as, NULL};
    }
    return n;
}

/* A built-in source has one type. */
static int give_built_in(const struct ring_config *config, struct schema *schema, struct diag *diag)
{
    struct meaning_choice choices[BUILT_IN_MAX];
    struct error error;
    uint32_t n = 0, wrong;

    for (const struct meaning_choice *at = config->meanings; at->path && n < BUILT_IN_MAX; at++)
        n = add_choices(schema, at, choices, n);
    if (meaning_apply(schema, choices, n, &error, &wrong) == 0)
        return 0;
    diag_add_error(diag, config->node, &error);
    return -EINVAL;
}

int ring_meanings_give(const struct type_origin *origin, const struct ring_config *config,
                       struct stream *stream, struct diag *diag)
{
    _cleanup_(meanings_deinit) struct meanings meanings = {0};
    int result;

    if (config->meanings)
        return give_built_in(config, stream->types->schema, diag);
    result = meanings_init(&meanings, config->as, diag);

    if (result == 0)
        result = find_enums(&meanings, origin, config, diag);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < stream->n_types; i++)
        if (apply_meanings(&meanings, config->as, stream->types[i].schema, diag) < 0)
            result = -EINVAL;
    return result == 0 ? check_unused(&meanings, config->as, stream->types->schema, diag) : result;
}
