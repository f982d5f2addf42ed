// SPDX-License-Identifier: Apache-2.0

/* A plug-in as a handler of a chain. The plug-in does not get the selection: it says which records
 * it drops, and the selection is narrowed here, so it can neither bring back a record nor write an
 * invalid index. Its values have the layout of our columns. */

#include "plugin/plugin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/derive.h"
#include "record/edit.h"

static_assert((int)BATCH_MAX == (int)RINGMILL_BATCH_MAX, "a batch fits into what a plug-in gets");
static_assert(sizeof(struct column) == sizeof(struct ringmill_values) &&
                  offsetof(struct column, null) == offsetof(struct ringmill_values, null) &&
                  sizeof(struct text) == sizeof(struct ringmill_string) &&
                  offsetof(struct text, length) == offsetof(struct ringmill_string, length),
              "values of a plug-in have the layout of columns");

struct adapter {
    struct handler base;
    const struct plugin *plugin;
    void *state;
    struct schema *schema; /* NULL: it adds no fields */
    struct column *added[PLUGIN_FIELDS_MAX];
    uint32_t columns[PLUGIN_FIELDS_MAX]; /* of them, counted from 1 */
    uint32_t n_added;
    struct ringmill_handler_host face; /* what the plug-in sees */

    /* while it is opened */
    const struct config_node *config;
    const struct handler_host *host;
    struct diag *diag;
};

/* What the plug-in gets; the batch follows it. */
struct records {
    struct ringmill_records face;
    const struct batch *batch;
};

/* Returned for a field that only other types of the source have. */
static const struct field absent = {.name = "", .kind = FIELD_STRUCT};

static struct adapter *adapter_of(const struct ringmill_handler_host *face)
{
    return (struct adapter *)((char *)(uintptr_t)face - offsetof(struct adapter, face));
}

/* ---- what a plug-in can ask ------------------------------------------------------------------ */

/* Where a message about the option points: at its value, if it is there. */
static const struct config_node *option_node(const struct adapter *adapter, const char *option)
{
    const struct config_node *node = option ? config_map_get(adapter->config, option) : NULL;

    return node ? node : adapter->config;
}

static const struct ringmill_field *face_field(const struct ringmill_handler_host *face,
                                               const char *option, const char *path)
{
    struct adapter *adapter = adapter_of(face);
    size_t before = diag_count(adapter->diag);
    const struct field *field =
        edit_find(adapter->host, path, option_node(adapter, option), adapter->diag);

    if (!field && diag_count(adapter->diag) == before)
        field = &absent;
    return (const struct ringmill_field *)field;
}

static void face_refuse(const struct ringmill_handler_host *face, const char *option,
                        const char *sentence)
{
    struct adapter *adapter = adapter_of(face);

    diag_add(adapter->diag, option_node(adapter, option), "%s", sentence);
}

static const struct field *like(enum ringmill_kind kind)
{
    static const struct field number = {
        .kind = FIELD_FLOAT, .size = sizeof(double), .type_name = "double"};

    switch (kind) {
    case RINGMILL_KIND_UNSIGNED:
        return &derive_count;
    case RINGMILL_KIND_SIGNED:
        return &derive_signed;
    case RINGMILL_KIND_BOOL:
        return &derive_bool;
    case RINGMILL_KIND_FLOAT:
        return &number;
    case RINGMILL_KIND_TEXT:
        return &derive_text;
    case RINGMILL_KIND_OTHER:
    case RINGMILL_KIND_BYTES:
        break;
    }
    return NULL;
}

static struct ringmill_values *face_add_field(const struct ringmill_handler_host *face,
                                              const char *name, enum ringmill_kind kind)
{
    struct adapter *adapter = adapter_of(face);
    struct column *column;
    int number;

    if (adapter->n_added == PLUGIN_FIELDS_MAX) {
        diag_add(adapter->diag, adapter->config, "the plug-in adds more than %d fields",
                 PLUGIN_FIELDS_MAX);
        return NULL;
    }
    if (!like(kind)) {
        face_refuse(face, NULL, "the plug-in adds a field of an unknown kind");
        return NULL;
    }
    if (!edit_check_name(name, adapter->config, adapter->diag))
        return NULL;
    if (!adapter->schema)
        adapter->schema = derive_schema(adapter->host->schema, PLUGIN_FIELDS_MAX);
    column = calloc(1, sizeof(*column));
    adapter->added[adapter->n_added++] = column;
    if (!column || !adapter->schema) {
        face_refuse(face, NULL, "out of memory");
        return NULL;
    }
    number = derive_new_column(adapter->schema, name, like(kind), adapter->config, adapter->diag);
    if (number < 0)
        return NULL;
    adapter->columns[adapter->n_added - 1] = (uint32_t)number;
    return (struct ringmill_values *)column;
}

static enum ringmill_kind face_kind(const struct ringmill_field *field)
{
    switch (((const struct field *)field)->kind) {
    case FIELD_UINT:
    case FIELD_POINTER:
        return RINGMILL_KIND_UNSIGNED;
    case FIELD_INT:
        return RINGMILL_KIND_SIGNED;
    case FIELD_ENUM:
        return ((const struct field *)field)->is_signed ? RINGMILL_KIND_SIGNED
                                                        : RINGMILL_KIND_UNSIGNED;
    case FIELD_BOOL:
        return RINGMILL_KIND_BOOL;
    case FIELD_FLOAT:
        return RINGMILL_KIND_FLOAT;
    case FIELD_CHARS:
    case FIELD_TEXT:
        return RINGMILL_KIND_TEXT;
    case FIELD_BYTES:
        return RINGMILL_KIND_BYTES;
    default:
        return RINGMILL_KIND_OTHER;
    }
}

static void read_one(const struct batch *batch, const struct field *field, enum ringmill_kind kind,
                     uint32_t index, struct column *values)
{
    bool present = kind != RINGMILL_KIND_OTHER && batch_present(batch, field, index);

    if (kind == RINGMILL_KIND_TEXT) {
        values->texts[index] = batch_text(batch, field, index);
        present = values->texts[index].bytes;
    } else if (present && kind == RINGMILL_KIND_BYTES) {
        values->texts[index] = batch_bytes(batch, field, index);
    } else if (present && kind == RINGMILL_KIND_FLOAT) {
        values->floats[index] = batch_float(batch, field, index);
    } else if (present) {
        values->integers[index] = batch_integer(batch, field, index);
    }
    column_set_null(values, index, !present);
}

static void face_read(const struct ringmill_records *face, const struct ringmill_field *of,
                      struct ringmill_values *ret_values)
{
    const struct records *records = (const struct records *)face;
    enum ringmill_kind kind = face_kind(of);

    for (uint32_t i = 0; i < face->count; i++)
        read_one(records->batch, (const struct field *)of, kind, face->indexes[i],
                 (struct column *)ret_values);
}

/* ---- what a chain asks ---------------------------------------------------------------------- */

static void adapter_close(struct handler *handler)
{
    struct adapter *adapter = (struct adapter *)handler;

    if (!adapter)
        return;
    if (adapter->base.ops && adapter->plugin->table->close)
        adapter->plugin->table->close(adapter->state);
    for (uint32_t i = 0; i < adapter->n_added; i++)
        free(adapter->added[i]);
    schema_free(adapter->schema);
    free(adapter);
}

static bool reads_views(const struct plugin *plugin)
{
    return plugin->table->flags & RINGMILL_READS_VIEWS;
}

static int check_hidden(const struct adapter *adapter)
{
    const struct schema *schema = adapter->host->schema;

    if (!schema->hidden_bytes || !reads_views(adapter->plugin))
        return 0;
    diag_add(adapter->diag, adapter->config,
             "the plug-in %s reads whole records and would see %s, which an earlier redact or "
             "select hides; move %s before that step",
             adapter->plugin->ops.name, schema->hidden_bytes, adapter->plugin->ops.name);
    return -EINVAL;
}

static int open_plugin(struct adapter *adapter)
{
    const struct plugin *plugin = adapter->plugin;
    struct ringmill_option_value values[PLUGIN_OPTIONS_MAX] = {0};
    size_t before = diag_count(adapter->diag);
    int result;

    if (setting_bind(plugin->settings, adapter->config, values, adapter->diag) > 0)
        return -EINVAL;
    for (uint32_t i = 0; i < plugin->n_options; i++)
        values[i].given = config_map_get(adapter->config, plugin->settings[i].name);
    result = plugin->table->open(&adapter->face, values, &adapter->state);
    if (result < 0 && result != -ENOMEM && diag_count(adapter->diag) == before)
        diag_add(adapter->diag, adapter->config,
                 "the plug-in refused its options without a message: %s", strerror(-result));
    return result;
}

static int adapter_open(const struct config_node *config, const struct handler_host *host,
                        struct diag *diag, struct handler **ret)
{
    struct adapter *adapter = calloc(1, sizeof(*adapter));
    int result;

    if (!adapter)
        return -ENOMEM;
    adapter->plugin = (const struct plugin *)host->ops;
    adapter->face = (struct ringmill_handler_host){
        .source_name = host->source_name,
        .type_name = host->schema->type_name,
        .field = face_field,
        .add_field = face_add_field,
        .refuse = face_refuse,
        .kind = face_kind,
        .read = face_read,
    };
    adapter->config = config;
    adapter->host = host;
    adapter->diag = diag;
    result = check_hidden(adapter);
    if (result == 0)
        result = open_plugin(adapter);
    if (result < 0) {
        adapter_close(&adapter->base); /* without ops: the plug-in has no state */
        return result;
    }
    adapter->host = NULL;
    adapter->diag = NULL;
    adapter->base.ops = host->ops;
    adapter->base.schema = adapter->schema;
    *ret = &adapter->base;
    return 0;
}

static void narrow(struct batch *batch, const uint64_t *dropped)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];

        if (!(dropped[index / 64] >> (index % 64) & 1))
            batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

static void adapter_process(struct handler *handler, struct batch *batch)
{
    struct adapter *adapter = (struct adapter *)handler;
    struct records records = {
        .face = {.views = reads_views(adapter->plugin) ? batch->views : NULL,
                 .indexes = batch->selection,
                 .count = batch->selected,
                 .now = batch->now},
        .batch = batch,
    };

    adapter->plugin->table->process(adapter->state, &records.face);
    narrow(batch, records.face.dropped);
    for (uint32_t i = 0; i < adapter->n_added; i++)
        batch->columns[adapter->columns[i] - 1] = adapter->added[i];
    if (adapter->schema)
        batch->schema = adapter->schema;
}

static void adapter_rows(const struct handler *handler, row_emit emit, void *data)
{
    const struct adapter *adapter = (const struct adapter *)handler;
    const struct plugin *plugin = adapter->plugin;

    for (uint32_t i = 0; i < plugin->n_counters; i++)
        emit(data, &plugin->rows[i], plugin->table->counter(adapter->state, i));
}

void adapter_init(struct plugin *plugin)
{
    plugin->ops = (struct handler_ops){
        .name = plugin->table->name,
        .doc = plugin->table->doc,
        .removes = BOOK_FILTERED,
        .settings = plugin->settings,
        .reads_fields = true,
        .reshapes = true,
        .open = adapter_open,
        .process = adapter_process,
        .rows = adapter_rows,
        .close = adapter_close,
    };
}
