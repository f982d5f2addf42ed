// SPDX-License-Identifier: Apache-2.0

/* A group expression that has no name gets one: its own text with _ for all that a name cannot
 * have, so that what follows the aggregate can speak of it. */

#include "aggregate/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/label_sets.h"
#include "record/edit.h"

static const struct setting_choice overflow_choices[] = {
    {"other", OVERFLOW_OTHER},
    {"evict", OVERFLOW_EVICT},
    {0},
};

static const struct setting_choice emit_choices[] = {
    {"rows", EMIT_ROWS},
    {"sketches", EMIT_SKETCHES},
    {0},
};

const struct setting options_settings[] = {
    {
        .name = "window",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, window),
        .required = true,
        .doc = "a duration such as 10s, or a map of every, hop, gap, running, by, late and align",
    },
    {
        .name = "by",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, by),
        .doc = "the group key: a list of expressions, or of {name: expression}",
    },
    {
        .name = "values",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, values),
        .required = true,
        .doc = "what is computed per group: names and values, as in {opens: count()}",
    },
    {
        .name = "groups",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct options, groups),
        .minimum = 1,
        .maximum = GROUPS_MAX,
        .fallback = "10000",
        .doc = "the most groups a window can have",
    },
    {
        .name = "memory",
        .type = SETTING_SIZE,
        .offset = offsetof(struct options, memory),
        .minimum = 4096,
        .maximum = INT64_C(1) << 40,
        .fallback = "256MiB",
        .doc = "the most memory for all groups; a config that needs more is refused",
    },
    {
        .name = "overflow",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct options, overflow),
        .fallback = "other",
        .choices = overflow_choices,
        .doc = "what happens to further groups: other counts them in one common row, evict moves a "
               "small group there to make room",
    },
    {
        .name = "having",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, having),
        .doc = "a condition that a row must meet",
    },
    {
        .name = "order",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, order),
        .doc = "the value to sort rows by; a - before it puts the highest first",
    },
    {
        .name = "limit",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct options, limit),
        .minimum = 1,
        .maximum = 100000,
        .doc = "the most rows a window emits",
    },
    {
        .name = "expose",
        .type = SETTING_NODE,
        .offset = offsetof(struct options, expose),
        .doc = "metrics: also export the values as metrics; or a map of prefix and label_sets",
    },
    {
        .name = "emit",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct options, emit),
        .fallback = "rows",
        .choices = emit_choices,
        .doc =
            "rows, or sketches: rows with _sketches, which ringmill merge combines across machines",
    },
    {0},
};

const struct setting options_expose_settings[] = {
    {
        .name = "prefix",
        .type = SETTING_TEXT,
        .offset = offsetof(struct options, prefix),
        .minimum = 1,
        .maximum = OPTIONS_NAME_MAX,
        .doc = "prefix of the metric names; by default the pipeline's name",
    },
    {
        .name = "label_sets",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct options, label_sets),
        .minimum = 1,
        .maximum = LABEL_SETS_MAX,
        .fallback = "1000",
        .doc = "the most groups with metrics of their own",
    },
    {0},
};

static void make_name(const char *text, char name[OPTIONS_NAME_MAX + 1])
{
    size_t used = 0;

    for (; *text && used < OPTIONS_NAME_MAX; text++) {
        if (isalnum((unsigned char)*text) || *text == '_') {
            if (used == 0 && isdigit((unsigned char)*text))
                name[used++] = '_';
            name[used++] = *text;
        } else if (used > 0 && name[used - 1] != '_') {
            name[used++] = '_';
        }
    }
    while (used > 1 && name[used - 1] == '_')
        used--;
    name[used] = '\0';
}

static void refuse_same_name(const char *name, const struct config_node *node, struct diag *diag)
{
    struct error error = {0};

    error_set(&error, -EINVAL, "two values have the name %s", name);
    error_hint_setting(&error, "by", "[..., {%s_2: %s}]", name, node->text);
    diag_add_error(diag, node, &error);
}

static void add_part(struct options *options, const struct config_node *node, const char *name,
                     struct diag *diag)
{
    uint32_t part = options->n_parts;

    if (node->kind != CONFIG_SCALAR || node->length == 0) {
        diag_add(diag, node, "expected an expression, found %s", config_node_kind_name(node));
        return;
    }
    if (part == KEY_PARTS_MAX) {
        diag_add(diag, node, "too many values in by:; at most %d are allowed", KEY_PARTS_MAX);
        return;
    }
    if (name && !edit_check_name(name, node, diag))
        return;
    options->texts[part] = node->text;
    options->nodes[part] = node;
    make_name(name ? name : node->text, options->names[part]);
    if (options->names[part][0] == '\0')
        diag_add(diag, node, "this expression needs a name, as in {name: %s}", node->text);
    for (uint32_t i = 0; i < part; i++)
        if (strcmp(options->names[i], options->names[part]) == 0)
            refuse_same_name(options->names[part], node, diag);
    options->n_parts++;
}

static void read_by(struct options *options, struct diag *diag)
{
    const struct config_node *by = options->by;

    if (by->kind == CONFIG_SCALAR) {
        add_part(options, by, NULL, diag);
        return;
    }
    if (by->count == 0)
        diag_add(
            diag, by,
            "by: is empty; write what makes a group, as in [comm], or remove by: for one group");
    for (const struct config_node *item = by->first; item; item = item->next) {
        if (by->kind == CONFIG_MAP)
            add_part(options, item, item->key, diag);
        else if (item->kind == CONFIG_MAP && item->count == 1)
            add_part(options, item->first, item->first->key, diag);
        else
            add_part(options, item, NULL, diag);
    }
}

static void check_values(const struct options *options, struct diag *diag)
{
    const struct config_node *values = options->values;

    if (values->kind != CONFIG_MAP || values->count == 0)
        diag_add(diag, values,
                 "expected a map of names and values, as in {opens: count()}, found %s",
                 config_node_kind_name(values));
    else if (values->count > VALUES_MAX)
        diag_add(diag, values, "too many values: %u; at most %d are allowed", values->count,
                 VALUES_MAX);
    else
        for (const struct config_node *item = values->first; item; item = item->next)
            edit_check_name(item->key, item, diag);
}

static void read_order(struct options *options, struct diag *diag)
{
    const struct config_node *order = options->order;
    const char *name = order->kind == CONFIG_SCALAR ? order->text : "";

    options->descending = *name == '-';
    name += options->descending;
    if (*name == '\0' || strlen(name) > OPTIONS_NAME_MAX) {
        diag_add(diag, order, "expected the name of a value, as in -count");
        return;
    }
    strcpy(options->order_name, name);
    if (options->limit == 0)
        diag_add(diag, order, "order: requires limit:");
    if (window_is_session(&options->spec))
        diag_add(diag, order,
                 "order: is not possible in windows with gap:, since each emits one row");
}

static void read_expose(struct options *options, struct diag *diag)
{
    const struct config_node *expose = options->expose;

    setting_defaults(options_expose_settings, options);
    if (expose->kind == CONFIG_MAP)
        setting_bind(options_expose_settings, expose, options, diag);
    else if (expose->kind != CONFIG_SCALAR || strcmp(expose->text, "metrics") != 0)
        diag_add(diag, expose,
                 "expected metrics, or a map of prefix and label_sets, as in {prefix: dns}");
    if (window_is_hopping(&options->spec))
        diag_add(
            diag, expose,
            "metrics are not possible with hop:, since each record would be counted several times");
    if (options->spec.running && options->overflow == OVERFLOW_EVICT)
        diag_add(diag, expose,
                 "metrics of a running window require overflow: other, since evicted groups would "
                 "lose their counters");
}

int options_read(const struct config_node *config, struct diag *diag, struct options *ret_options)
{
    struct options *options = ret_options;
    size_t before = diag_count(diag);

    memset(options, 0, sizeof(*options));
    if (setting_bind(options_settings, config, options, diag) > 0)
        return -EINVAL;
    window_read(options->window, diag, &options->spec);
    if (options->by)
        read_by(options, diag);
    check_values(options, diag);
    if (options->having && options->having->kind != CONFIG_SCALAR)
        diag_add(diag, options->having, "expected a condition");
    if (options->order)
        read_order(options, diag);
    if (options->expose)
        read_expose(options, diag);
    if (options->limit && window_is_session(&options->spec))
        diag_add(diag, config_map_get(config, "limit"),
                 "limit: is not possible in windows with gap:, since each emits one row");
    if (options->spec.gap && options->n_parts == 0)
        diag_add(diag, options->window, "gap: requires by:, since each group has its own window");
    return diag_count(diag) > before ? -EINVAL : 0;
}
