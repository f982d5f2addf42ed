// SPDX-License-Identifier: Apache-2.0
/* Binds maps by table. One parse function serves values and defaults, so a default cannot mean
 * something that a user could not write. All mistakes of a map are found in one pass: first each
 * entry against its row, then the rows that should have been there. */

#include "config/setting.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/tree.h"
#include "config/utf8.h"

enum {
    EXPECTED_MAX = 1024, /* bytes of "expected ...": a list of choices may be long */
    FOUND_MAX = 64,      /* bytes of a bad value that are shown */
};

static void *field(const struct setting *setting, void *target)
{
    return (char *)target + setting->offset;
}

/* Room for the value of any type that is one scalar. */
union scratch {
    const char *text;
    bool truth;
    int64_t integer;
    uint64_t measure;
    struct scalar_rate rate;
    int choice;
};

static bool is_limited(const struct setting *setting)
{
    return setting->maximum != 0 || setting->minimum < 0;
}

static int check_range(const struct setting *setting, int64_t value)
{
    if (value < setting->minimum || (is_limited(setting) && value > setting->maximum))
        return -EDOM;
    return 0;
}

static int parse_integer(const struct setting *setting, const char *text, int64_t *ret)
{
    int64_t value;
    int error = scalar_integer(text, &value);

    if (error == 0)
        error = check_range(setting, value);
    if (error == 0)
        *ret = value;
    return error;
}

static int parse_measure(const struct setting *setting, const char *text, uint64_t *ret)
{
    uint64_t value;
    int error =
        setting->type == SETTING_SIZE ? scalar_size(text, &value) : scalar_duration(text, &value);

    if (error == 0)
        error = check_range(setting, (int64_t)value);
    if (error == 0)
        *ret = value;
    return error;
}

static int parse_rate(const struct setting *setting, const char *text, struct scalar_rate *ret)
{
    struct scalar_rate rate;
    int error = scalar_rate(text, &rate);

    if (error == 0)
        error = check_range(setting, (int64_t)rate.count);
    if (error == 0)
        *ret = rate;
    return error;
}

static int parse_choice(const struct setting *setting, const char *text, int *ret)
{
    for (const struct setting_choice *choice = setting->choices; choice->name; choice++) {
        if (strcmp(text, choice->name) == 0) {
            *ret = choice->value;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_text(const struct setting *setting, const char *text, const char **ret)
{
    size_t length = strlen(text);

    if (setting->type == SETTING_PATH && (text[0] != '/' || length >= PATH_MAX))
        return text[0] == '/' ? -EDOM : -EINVAL;
    if (setting->type == SETTING_NAME && length == 0)
        return -EINVAL;
    if (setting->type == SETTING_TEXT && check_range(setting, (int64_t)length) < 0)
        return -EDOM;
    *ret = text;
    return 0;
}

/* For all types that are one scalar. -EINVAL: not of the type; -EDOM: not in the row's range;
 * -ERANGE: beyond 64 bits. The field is written on success only. */
static int parse(const struct setting *setting, const char *text, void *at)
{
    switch (setting->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_NAME:
        return parse_text(setting, text, at);
    case SETTING_BOOL:
        return scalar_bool(text, at);
    case SETTING_INTEGER:
        return parse_integer(setting, text, at);
    case SETTING_SIZE:
    case SETTING_DURATION:
        return parse_measure(setting, text, at);
    case SETTING_RATE:
        return parse_rate(setting, text, at);
    case SETTING_CHOICE:
        return parse_choice(setting, text, at);
    case SETTING_TEXTS:
    case SETTING_NAMES:
    case SETTING_NODE:
        break;
    }
    return -EINVAL;
}

/* What a message about a bad value adds, from why parse() refused it. */
static const char *hint(const struct setting *setting, int error)
{
    if (error == -ERANGE)
        return ", which does not fit 64 bits";
    if (error == -EDOM && setting->type == SETTING_PATH)
        return ", which is too long for a path";
    if (error == -EINVAL && setting->type == SETTING_SIZE)
        return "; units are B, KiB, MiB and GiB";
    if (error == -EINVAL && setting->type == SETTING_DURATION)
        return "; units are ns, us, ms, s, min and h";
    if (error == -EINVAL && setting->type == SETTING_RATE)
        return "; write it like 100/s, 30/min or 5/h";
    return "";
}

static size_t report_value(const struct setting *setting, const struct config_node *node, int error,
                           struct diag *diag)
{
    struct suggestion suggestion;
    char expected[EXPECTED_MAX];
    size_t shown = utf8_cut(node->text, node->length > FOUND_MAX ? FOUND_MAX : node->length);

    setting_describe(setting, expected, sizeof(expected));
    suggestion_init(&suggestion, node->text);
    if (setting->type == SETTING_CHOICE) {
        for (const struct setting_choice *choice = setting->choices; choice->name; choice++)
            suggestion_offer(&suggestion, choice->name);
    }
    diag_add(diag, node, "expected %s, found \"%.*s%s\"%s%s", expected, (int)shown, node->text,
             shown < node->length ? "..." : "", hint(setting, error),
             suggestion_question(&suggestion));
    return 1;
}

static size_t report_missing(const char *expected, const struct config_node *node,
                             struct diag *diag)
{
    diag_add_key(diag, node, "the value is missing; expected %s", expected);
    return 1;
}

static size_t report_kind(const char *expected, const struct config_node *node, struct diag *diag)
{
    if (config_node_is_null(node))
        return report_missing(expected, node, diag);
    diag_add(diag, node, "expected %s, found %s", expected, config_node_kind_name(node));
    return 1;
}

/* Checks one item of a list of texts. */
static size_t check_item(const struct config_node *item, struct diag *diag)
{
    if (item->kind != CONFIG_SCALAR || config_node_is_null(item))
        return report_kind("a text", item, diag);
    if (item->length > 0)
        return 0;
    diag_add(diag, item, "expected a text that is not empty, found \"\"");
    return 1;
}

static size_t check_items(const struct setting *setting, const struct config_node *node,
                          uint32_t count, struct diag *diag)
{
    char expected[EXPECTED_MAX];
    size_t errors = 0;

    setting_describe(setting, expected, sizeof(expected));
    if (node->kind == CONFIG_MAP || config_node_is_null(node))
        return report_kind(expected, node, diag);
    if (node->kind == CONFIG_SCALAR)
        errors += check_item(node, diag);
    for (const struct config_node *item = node->first; item; item = item->next)
        errors += check_item(item, diag);
    if (errors == 0 && check_range(setting, count) < 0) {
        diag_add(diag, node, "expected %s, found %u", expected, count);
        errors++;
    }
    return errors;
}

/* One scalar is taken as a list of one. */
static size_t bind_texts(const struct setting *setting, const struct config_node *node,
                         struct setting_texts *ret, struct diag *diag)
{
    uint32_t count = node->kind == CONFIG_SCALAR ? 1 : node->count;
    size_t errors = check_items(setting, node, count, diag);
    const struct config_node **nodes;
    const char **items;
    uint32_t i = 0;

    if (errors > 0)
        return errors;
    nodes = config_tree_alloc(node->tree, (count + 1) * sizeof(*nodes));
    items = config_tree_alloc(node->tree, (count + 1) * sizeof(*items));
    if (!nodes || !items) {
        diag_add(diag, node, "out of memory");
        return 1;
    }
    for (const struct config_node *item = node->kind == CONFIG_SCALAR ? node : node->first;
         i < count; item = item->next) {
        items[i] = item->text;
        nodes[i++] = item;
    }
    *ret = (struct setting_texts){.items = items, .nodes = nodes, .count = count};
    return 0;
}

/* Where a name is expected, null is a name: the type of a sink. */
static bool is_name_null(const struct setting *setting, const struct config_node *node)
{
    return setting->type == SETTING_NAME && node->kind == CONFIG_SCALAR &&
           strcmp(node->text, "null") == 0;
}

size_t setting_bind_value(const struct setting *setting, const struct config_node *node,
                          void *target, struct diag *diag)
{
    char expected[EXPECTED_MAX];
    int error;

    setting_describe(setting, expected, sizeof(expected));
    if (config_node_is_null(node) && !is_name_null(setting, node))
        return report_missing(expected, node, diag);
    if (setting->type == SETTING_NODE) {
        *(const struct config_node **)field(setting, target) = node;
        return 0;
    }
    if (setting->type == SETTING_TEXTS || setting->type == SETTING_NAMES)
        return bind_texts(setting, node, field(setting, target), diag);
    if (node->kind != CONFIG_SCALAR)
        return report_kind(expected, node, diag);
    error = parse(setting, node->text, field(setting, target));
    return error < 0 ? report_value(setting, node, error, diag) : 0;
}

static void zero(const struct setting *setting, void *at)
{
    static const size_t sizes[] = {
        [SETTING_TEXT] = sizeof(const char *),
        [SETTING_PATH] = sizeof(const char *),
        [SETTING_BOOL] = sizeof(bool),
        [SETTING_INTEGER] = sizeof(int64_t),
        [SETTING_SIZE] = sizeof(uint64_t),
        [SETTING_DURATION] = sizeof(uint64_t),
        [SETTING_RATE] = sizeof(struct scalar_rate),
        [SETTING_CHOICE] = sizeof(int),
        [SETTING_TEXTS] = sizeof(struct setting_texts),
        [SETTING_NAME] = sizeof(const char *),
        [SETTING_NAMES] = sizeof(struct setting_texts),
        [SETTING_NODE] = sizeof(const struct config_node *),
    };

    memset(at, 0, sizes[setting->type]);
}

void setting_defaults(const struct setting *settings, void *target)
{
    for (const struct setting *setting = settings; setting->name; setting++) {
        void *at = field(setting, target);

        zero(setting, at);
        if (!setting->fallback)
            continue;
        if (setting->type == SETTING_TEXTS || setting->type == SETTING_NAMES)
            *(struct setting_texts *)at =
                (struct setting_texts){.items = &setting->fallback, .count = 1};
        else if (parse(setting, setting->fallback, at) < 0)
            abort();
    }
}

bool setting_fallback_is_valid(const struct setting *setting)
{
    union scratch scratch;

    return !setting->fallback || parse(setting, setting->fallback, &scratch) == 0;
}

/* The row of that name and the struct it fills; NULL when there is none. */
static const struct setting *find(const struct setting_table *tables, size_t n_tables,
                                  const char *name, void **ret_target)
{
    for (size_t i = 0; i < n_tables; i++) {
        for (const struct setting *setting = tables[i].settings; setting->name; setting++) {
            if (strcmp(setting->name, name) == 0) {
                *ret_target = tables[i].target;
                return setting;
            }
        }
    }
    return NULL;
}

static void report_unknown(const struct setting_table *tables, size_t n_tables,
                           const struct config_node *entry, struct diag *diag)
{
    struct suggestion suggestion;
    void *target;

    suggestion_init(&suggestion, entry->key);
    for (size_t i = 0; i < n_tables; i++)
        for (const struct setting *setting = tables[i].settings; setting->name; setting++)
            if (find(tables, n_tables, setting->name, &target) == setting)
                suggestion_offer(&suggestion, setting->name);
    diag_add_key(diag, entry, "unknown key; %s", suggestion_words(&suggestion));
}

static void report_absent(const struct setting *settings, const struct config_node *map,
                          struct diag *diag)
{
    for (const struct setting *setting = settings; setting->name; setting++) {
        if (setting->required && !config_map_get(map, setting->name))
            diag_add(diag, map, "the key \"%s\" is missing (%s)", setting->name, setting->doc);
    }
}

static bool takes(const struct setting *setting, const struct config_node *node)
{
    union scratch scratch;

    if (setting->type == SETTING_TEXTS || setting->type == SETTING_NAMES)
        return node->length > 0;
    return setting->type != SETTING_NODE && parse(setting, node->text, &scratch) == 0;
}

/* The row that a lone value in place of the map is meant for: the only required one, else the first
 * that takes the value. NULL: there is no such row. */
static const struct setting *find_meant(const struct setting_table *tables, size_t n_tables,
                                        const struct config_node *node)
{
    const struct setting *meant = NULL;
    unsigned required = 0;

    for (size_t i = 0; i < n_tables; i++)
        for (const struct setting *setting = tables[i].settings; setting->name; setting++) {
            required += setting->required;
            if (setting->required ? required == 1 : required == 0 && !meant)
                meant = takes(setting, node) ? setting : meant && setting->required ? NULL : meant;
        }
    return required <= 1 ? meant : NULL;
}

/* Shows how the value is written in a map, as in "write sample: {rate: 100}". */
static size_t report_no_map(const struct setting_table *tables, size_t n_tables,
                            const struct config_node *node, struct diag *diag)
{
    bool short_value =
        node->kind == CONFIG_SCALAR && !config_node_is_null(node) && node->length < 64;
    const struct setting *meant = short_value ? find_meant(tables, n_tables, node) : NULL;

    if (!meant)
        return report_kind("a map", node, diag);
    diag_add(diag, node, "expected a map; write %s%s{%s: %s}", node->key ? node->key : "",
             node->key ? ": " : "", meant->name, node->text);
    return 1;
}

size_t setting_bind_tables(const struct setting_table *tables, size_t n_tables,
                           const struct config_node *map, struct diag *diag)
{
    size_t before = diag_count(diag);

    for (size_t i = 0; i < n_tables; i++)
        setting_defaults(tables[i].settings, tables[i].target);
    if (map->kind != CONFIG_MAP)
        return report_no_map(tables, n_tables, map, diag);
    for (const struct config_node *entry = map->first; entry; entry = entry->next) {
        void *target = NULL;
        const struct setting *setting = find(tables, n_tables, entry->key, &target);

        if (setting)
            setting_bind_value(setting, entry, target, diag);
        else
            report_unknown(tables, n_tables, entry, diag);
    }
    for (size_t i = 0; i < n_tables; i++)
        report_absent(tables[i].settings, map, diag);
    return diag_count(diag) - before;
}

size_t setting_bind(const struct setting *settings, const struct config_node *map, void *target,
                    struct diag *diag)
{
    struct setting_table table = {.settings = settings, .target = target};

    return setting_bind_tables(&table, 1, map, diag);
}
