// SPDX-License-Identifier: Apache-2.0

/* What is the same for all records is written into its column once, when the handler is opened. A
 * table is read then, too, and so again whenever the config is. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/counter.h"
#include "enrich/table.h"
#include "expr/handler_expr.h"
#include "record/derive.h"
#include "record/edit.h"

enum { ENRICH_LABELS_MAX = 32 };

struct enrich_config {
    const struct config_node *labels;
    bool host;
    bool machine_id;
    const struct config_node *table;
};

struct table_config {
    const char *file;
    const char *key;
    const char *by;
    struct setting_texts add;
};

/* A field that is the same in all records. */
struct constant {
    char *text;
    uint32_t column; /* counted from 1 */
    struct column values;
};

struct enrich {
    struct handler base;
    struct schema *schema;
    struct constant *constants;
    uint32_t n_constants;
    struct table *table; /* NULL: none */
    struct expr *key;
    uint32_t first_column; /* of those that the table gives, counted from 1 */
    uint32_t n_added;
    struct column keys;
    struct column *added;
    counter misses;
};

static const struct setting enrich_settings[] = {
    {
        .name = "labels",
        .type = SETTING_NODE,
        .offset = offsetof(struct enrich_config, labels),
        .doc = "fields with a fixed text, as in {site: berlin}",
    },
    {
        .name = "host",
        .type = SETTING_BOOL,
        .offset = offsetof(struct enrich_config, host),
        .fallback = "false",
        .doc = "adds the field host, the name of this machine",
    },
    {
        .name = "machine_id",
        .type = SETTING_BOOL,
        .offset = offsetof(struct enrich_config, machine_id),
        .fallback = "false",
        .doc = "adds the field machine_id, see machine-id(5)",
    },
    {
        .name = "table",
        .type = SETTING_NODE,
        .offset = offsetof(struct enrich_config, table),
        .doc = "adds values looked up in a file, see below",
    },
    {0},
};

const struct setting enrich_table_settings[] = {
    {
        .name = "file",
        .type = SETTING_PATH,
        .offset = offsetof(struct table_config, file),
        .required = true,
        .doc = "path of a .csv or .json file; read when the config is loaded",
    },
    {
        .name = "key",
        .type = SETTING_TEXT,
        .offset = offsetof(struct table_config, key),
        .minimum = 1,
        .required = true,
        .doc = "the value that is looked up",
    },
    {
        .name = "by",
        .type = SETTING_TEXT,
        .offset = offsetof(struct table_config, by),
        .minimum = 1,
        .required = true,
        .doc = "the column of the file that the key is looked up in",
    },
    {
        .name = "add",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct table_config, add),
        .minimum = 1,
        .maximum = TABLE_ADDED_MAX,
        .required = true,
        .doc = "the columns of the file that become fields",
    },
    {0},
};

static void enrich_close(struct handler *handler)
{
    struct enrich *enrich = (struct enrich *)handler;

    if (!enrich)
        return;
    for (uint32_t i = 0; i < enrich->n_constants; i++)
        free(enrich->constants[i].text);
    free(enrich->constants);
    free(enrich->added);
    table_free(enrich->table);
    expr_free(enrich->key);
    schema_free(enrich->schema);
    free(enrich);
}

/* ---- constants ------------------------------------------------------------------------------- */

static int add_constant(struct enrich *enrich, const char *name, const char *text,
                        const struct config_node *node, struct diag *diag)
{
    struct constant *constant = &enrich->constants[enrich->n_constants];
    int column;

    if (!edit_check_name(name, node, diag))
        return -EINVAL;
    column = derive_new_column(enrich->schema, name, &derive_text, node, diag);
    if (column < 0)
        return column;
    constant->text = strdup(text);
    if (!constant->text)
        return -ENOMEM;
    enrich->n_constants++;
    constant->column = (uint32_t)column;
    for (uint32_t i = 0; i < BATCH_MAX; i++)
        constant->values.texts[i] = (struct text){constant->text, (uint32_t)strlen(text)};
    return 0;
}

static int add_labels(struct enrich *enrich, const struct config_node *labels, struct diag *diag)
{
    int result = 0;

    if (labels &&
        (labels->kind != CONFIG_MAP || labels->count == 0 || labels->count > ENRICH_LABELS_MAX)) {
        diag_add(diag, labels, "expected a map of 1 to %d names and texts", ENRICH_LABELS_MAX);
        return -EINVAL;
    }
    for (const struct config_node *label = labels ? labels->first : NULL; label;
         label = label->next) {
        int added = -EINVAL;

        if (label->kind == CONFIG_SCALAR && !config_node_is_null(label))
            added = add_constant(enrich, label->key, label->text, label, diag);
        else
            diag_add(diag, label, "expected a text, found %s", config_node_kind_name(label));
        result = added < 0 ? added : result;
    }
    return result;
}

static int add_host(struct enrich *enrich, const struct config_node *node, struct diag *diag)
{
    char name[HOST_NAME_MAX + 1] = "";

    if (gethostname(name, sizeof(name) - 1) < 0) {
        diag_add(diag, node, "cannot read the host name: %s", strerror(errno));
        return -EINVAL;
    }
    return add_constant(enrich, "host", name, node, diag);
}

static int add_machine_id(struct enrich *enrich, const struct config_node *node, struct diag *diag)
{
    char text[SD_ID128_STRING_MAX];
    sd_id128_t id;
    int result = sd_id128_get_machine(&id);

    if (result < 0) {
        diag_add(diag, node, "cannot read /etc/machine-id: %s", strerror(-result));
        return -EINVAL;
    }
    return add_constant(enrich, "machine_id", sd_id128_to_string(id, text), node, diag);
}

static int add_constants(struct enrich *enrich, const struct config_node *config,
                         const struct enrich_config *bound, struct diag *diag)
{
    int result;

    enrich->constants = calloc(ENRICH_LABELS_MAX + 2, sizeof(*enrich->constants));
    if (!enrich->constants)
        return -ENOMEM;
    result = add_labels(enrich, bound->labels, diag);
    if (result == 0 && bound->host)
        result = add_host(enrich, config_map_get(config, "host"), diag);
    if (result == 0 && bound->machine_id)
        result = add_machine_id(enrich, config_map_get(config, "machine_id"), diag);
    return result;
}

/* ---- a table --------------------------------------------------------------------------------- */

static int load_table(struct enrich *enrich, const struct config_node *node,
                      const struct table_config *bound, const struct handler_host *host,
                      struct diag *diag)
{
    const struct config_node *key = config_map_get(node, "key");
    const struct expr_scope scope = expr_scope_of(host);
    struct expr_error wrong;
    struct error error;
    int result = expr_compile_value(bound->key, &scope, &wrong, &enrich->key);

    if (result < 0) {
        expr_report(&wrong, key, diag);
        return result;
    }
    result = table_load(bound->file, bound->by, expr_result(enrich->key), bound->add.items,
                        bound->add.count, &error, &enrich->table);
    if (result < 0)
        diag_add(diag, config_map_get(node, "file"), "cannot use the table %s: %s", bound->file,
                 error_join(&error));
    return result;
}

static int add_table(struct enrich *enrich, const struct config_node *node,
                     const struct handler_host *host, struct diag *diag)
{
    struct table_config bound;
    int result = 0;

    if (!node)
        return 0;
    if (setting_bind(enrich_table_settings, node, &bound, diag) > 0)
        return -EINVAL;
    result = load_table(enrich, node, &bound, host, diag);
    enrich->added = calloc(bound.add.count, sizeof(*enrich->added));
    if (result == 0 && !enrich->added)
        result = -ENOMEM;
    enrich->first_column = enrich->schema->n_columns + 1;
    for (uint32_t i = 0; i < bound.add.count && result == 0; i++) {
        const struct config_node *at = bound.add.nodes[i];

        result = edit_check_name(bound.add.items[i], at, diag)
                     ? derive_new_column(enrich->schema, bound.add.items[i],
                                         table_field(enrich->table, i), at, diag)
                     : -EINVAL;
        result = result > 0 ? 0 : result;
    }
    enrich->n_added = bound.add.count;
    return result;
}

/* ---- open ------------------------------------------------------------------------------------ */

static int open_parts(struct enrich *enrich, const struct config_node *config,
                      const struct handler_host *host, struct diag *diag)
{
    struct enrich_config bound;
    int result, table;

    if (setting_bind(enrich_settings, config, &bound, diag) > 0)
        return -EINVAL;
    if (!bound.labels && !bound.host && !bound.machine_id && !bound.table) {
        diag_add(diag, config, "expected at least one of labels, host, machine_id and table");
        return -EINVAL;
    }
    enrich->schema = derive_schema(host->schema, ENRICH_LABELS_MAX + 2 + TABLE_ADDED_MAX);
    if (!enrich->schema)
        return -ENOMEM;
    result = add_constants(enrich, config, &bound, diag);
    table = add_table(enrich, bound.table, host, diag);
    enrich->base.schema = enrich->schema;
    return result < 0 ? result : table;
}

static int enrich_open(const struct config_node *config, const struct handler_host *host,
                       struct diag *diag, struct handler **ret)
{
    struct enrich *enrich = calloc(1, sizeof(*enrich));
    int result;

    if (!enrich)
        return -ENOMEM;
    enrich->base.ops = &enrich_ops;
    result = open_parts(enrich, config, host, diag);
    if (result < 0) {
        enrich_close(&enrich->base);
        return result;
    }
    *ret = &enrich->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void look_up(struct enrich *enrich, const struct batch *batch)
{
    uint64_t misses = 0;

    expr_values(enrich->key, batch, &enrich->keys);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];
        int64_t row = column_is_null(&enrich->keys, index)
                          ? -1
                          : table_find(enrich->table, &enrich->keys, index);

        misses += row < 0;
        for (uint32_t j = 0; j < enrich->n_added; j++) {
            if (row < 0)
                column_set_null(&enrich->added[j], index, true);
            else
                table_get(enrich->table, row, j, &enrich->added[j], index);
        }
    }
    if (misses > 0)
        counter_add(&enrich->misses, misses);
}

static void enrich_process(struct handler *handler, struct batch *batch)
{
    struct enrich *enrich = (struct enrich *)handler;

    if (enrich->table)
        look_up(enrich, batch);
    for (uint32_t i = 0; i < enrich->n_constants; i++)
        batch->columns[enrich->constants[i].column - 1] = &enrich->constants[i].values;
    for (uint32_t i = 0; i < enrich->n_added; i++)
        batch->columns[enrich->first_column - 1 + i] = &enrich->added[i];
    batch->schema = enrich->schema;
}

static void enrich_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row rows = {
        .name = "table_rows",
        .unit = "",
        .kind = ROW_LEVEL,
        .help = "Rows of the table",
    };
    static const struct row misses = {
        .name = "misses",
        .unit = "",
        .kind = ROW_COUNT,
        .help = "Records whose key is null or not in the table",
    };
    const struct enrich *enrich = (const struct enrich *)handler;
    struct expr_failures failures = {0};

    if (!enrich->table)
        return;
    emit(data, &rows, table_rows(enrich->table));
    emit(data, &misses, counter_get(&enrich->misses));
    expr_add_failures(enrich->key, &failures);
    expr_rows(&failures, emit, data);
}

const struct handler_ops enrich_ops = {
    .name = "enrich",
    .doc = "adds fields: constants, or values looked up in a table",
    .removes = BOOK_FILTERED, /* it takes none away */
    .settings = enrich_settings,
    .reads_fields = true,
    .reshapes = true,
    .open = enrich_open,
    .process = enrich_process,
    .rows = enrich_rows,
    .close = enrich_close,
};
