// SPDX-License-Identifier: Apache-2.0

/* Nothing is moved: a new schema over the same bytes says what is seen of them. Only computed
 * fields cost something for each record. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/setting.h"
#include "expr/handler_expr.h"
#include "record/derive.h"
#include "record/edit.h"

enum { SELECT_FIELDS_MAX = 256 }; /* names under each of keep, drop and rename */

struct select_config {
    struct setting_texts keep;
    struct setting_texts drop;
    const struct config_node *rename;
    const struct config_node *compute;
};

struct computed {
    struct expr *expr;
    uint32_t column; /* counted from 1 */
    struct column values;
};

struct select {
    struct handler base;
    struct schema *schema;
    uint32_t n_computed;
    struct computed computed[];
};

static const struct setting select_settings[] = {
    {
        .name = "keep",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct select_config, keep),
        .minimum = 1,
        .maximum = SELECT_FIELDS_MAX,
        .doc = "only these fields, in this order",
    },
    {
        .name = "drop",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct select_config, drop),
        .minimum = 1,
        .maximum = SELECT_FIELDS_MAX,
        .doc = "all fields but these",
    },
    {
        .name = "rename",
        .type = SETTING_NODE,
        .offset = offsetof(struct select_config, rename),
        .doc = "old names and new names, as in {pid: process}",
    },
    {
        .name = "compute",
        .type = SETTING_NODE,
        .offset = offsetof(struct select_config, compute),
        .doc = "names of new fields and their expressions, as in {late: \"latency > 5ms\"}",
    },
    {0},
};

static void select_close(struct handler *handler)
{
    struct select *select = (struct select *)handler;

    if (!select)
        return;
    for (uint32_t i = 0; i < select->n_computed; i++)
        expr_free(select->computed[i].expr);
    schema_free(select->schema);
    free(select);
}

/* A map of texts by name; absent is right, too. */
static bool check_map(const struct config_node *map, uint32_t most, struct diag *diag)
{
    size_t before = diag_count(diag);

    if (!map)
        return true;
    if (map->kind != CONFIG_MAP || map->count == 0 || map->count > most) {
        diag_add(diag, map, "expected a map of 1 to %u names and texts", most);
        return false;
    }
    for (const struct config_node *entry = map->first; entry; entry = entry->next)
        if (entry->kind != CONFIG_SCALAR || config_node_is_null(entry))
            diag_add(diag, entry, "expected a text, found %s", config_node_kind_name(entry));
    return diag_count(diag) == before;
}

static int check(const struct config_node *config, const struct select_config *bound,
                 struct diag *diag)
{
    bool good = check_map(bound->rename, SELECT_FIELDS_MAX, diag);

    good &= check_map(bound->compute, BATCH_COLUMNS_MAX, diag);
    if (config->count == 0) {
        diag_add(diag, config, "expected at least one of keep, drop, rename and compute");
        good = false;
    }
    if (bound->keep.count > 0 && bound->drop.count > 0) {
        diag_add_key(diag, config_map_get(config, "drop"),
                     "keep and drop exclude each other; remove one");
        good = false;
    }
    return good ? 0 : -EINVAL;
}

static void add_edits(struct edit *edits, uint32_t *n, enum edit_kind kind,
                      const struct setting_texts *paths)
{
    for (uint32_t i = 0; i < paths->count; i++)
        edits[(*n)++] =
            (struct edit){.kind = kind, .path = paths->items[i], .node = paths->nodes[i]};
}

static int add_renames(struct edit *edits, uint32_t *n, const struct config_node *rename,
                       struct diag *diag)
{
    bool good = true;

    for (const struct config_node *entry = rename ? rename->first : NULL; entry;
         entry = entry->next) {
        good &= edit_check_name(entry->text, entry, diag);
        edits[(*n)++] = (struct edit){
            .kind = EDIT_RENAME, .path = entry->key, .name = entry->text, .node = entry};
    }
    return good ? 0 : -EINVAL;
}

static int open_schema(struct select *select, const struct select_config *bound,
                       const struct handler_host *host, struct diag *diag)
{
    uint32_t n = 0, most = bound->keep.count + bound->drop.count;
    uint32_t more = bound->compute ? bound->compute->count : 0;
    struct edit *edits;
    int result;

    most += bound->rename ? bound->rename->count : 0;
    edits = calloc(most + 1, sizeof(*edits));
    if (!edits)
        return -ENOMEM;
    add_edits(edits, &n, EDIT_KEEP, &bound->keep);
    add_edits(edits, &n, EDIT_DROP, &bound->drop);
    result = add_renames(edits, &n, bound->rename, diag);
    if (result == 0)
        result = edit_schema(host, edits, n, more, diag, &select->schema);
    free(edits);
    return result;
}

static int open_computed(struct select *select, const struct config_node *entry,
                         const struct handler_host *host, struct diag *diag)
{
    struct computed *computed = &select->computed[select->n_computed];
    const struct field *replaced = schema_find(select->schema, entry->key);
    const struct expr_scope scope = expr_scope_of(host);
    struct expr_error error;
    int column, result;

    if (!edit_check_name(entry->key, entry, diag))
        return -EINVAL;
    result = expr_compile_value(entry->text, &scope, &error, &computed->expr);
    if (result < 0) {
        expr_report(&error, entry, diag);
        return result;
    }
    select->n_computed++;
    if (replaced && schema_hide(select->schema, replaced, entry->key) < 0)
        return -ENOMEM;
    column = derive_column(select->schema, entry->key, expr_result(computed->expr), entry, diag);
    if (column < 0)
        return column;
    computed->column = (uint32_t)column;
    return 0;
}

static int select_open(const struct config_node *config, const struct handler_host *host,
                       struct diag *diag, struct handler **ret)
{
    struct select_config bound;
    const struct config_node *entry;
    struct select *select;
    int result;

    if (setting_bind(select_settings, config, &bound, diag) > 0 || check(config, &bound, diag) < 0)
        return -EINVAL;
    select = calloc(1, sizeof(*select) +
                           (bound.compute ? bound.compute->count : 0) * sizeof(*select->computed));
    if (!select)
        return -ENOMEM;
    select->base.ops = &select_ops;
    result = open_schema(select, &bound, host, diag);
    entry = result == 0 && bound.compute ? bound.compute->first : NULL;
    for (; entry; entry = entry->next) {
        int opened = open_computed(select, entry, host, diag);

        result = opened < 0 ? opened : result;
    }
    if (result == 0 && select->schema->n_fields == 0 && host->schema->n_fields > 0 &&
        !host->siblings) {
        diag_add(diag, config, "no field of %s is left; keep at least one",
                 host->schema->type_name);
        result = -EINVAL;
    }
    if (result == 0 && bound.keep.count == 0) /* else what repeats them is kept by its name */
        result = edit_check_repeats(select->schema, config, diag);
    if (result < 0) {
        select_close(&select->base);
        return result;
    }
    select->base.schema = select->schema;
    *ret = &select->base;
    return 0;
}

static void select_process(struct handler *handler, struct batch *batch)
{
    struct select *select = (struct select *)handler;

    for (uint32_t i = 0; i < select->n_computed; i++) {
        struct computed *computed = &select->computed[i];

        expr_values(computed->expr, batch, &computed->values);
        batch->columns[computed->column - 1] = &computed->values;
    }
    batch->schema = select->schema;
}

static void select_rows(const struct handler *handler, row_emit emit, void *data)
{
    const struct select *select = (const struct select *)handler;
    struct expr_failures failures = {0};

    for (uint32_t i = 0; i < select->n_computed; i++)
        expr_add_failures(select->computed[i].expr, &failures);
    expr_rows(&failures, emit, data);
}

const struct handler_ops select_ops = {
    .name = "select",
    .doc = "chooses, renames and computes fields",
    .removes = BOOK_FILTERED, /* it takes none away */
    .settings = select_settings,
    .reads_fields = true,
    .reshapes = true,
    .open = select_open,
    .process = select_process,
    .rows = select_rows,
    .close = select_close,
};
