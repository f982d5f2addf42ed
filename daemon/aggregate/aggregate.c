// SPDX-License-Identifier: Apache-2.0

/* Opening: what a config asks for becomes a key, values, groups, windows and rows, and all memory
 * is taken. What happens to records is in ingest.c, what becomes of windows in output.c. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/options.h"
#include "aggregate/state.h"
#include "base/cleanup.h"
#include "expr/handler_expr.h"
#include "record/moment.h"

/* ---- opening --------------------------------------------------------------------------------- */

static void aggregate_close(struct handler *handler)
{
    struct aggregate *aggregate = (struct aggregate *)handler;

    if (!aggregate)
        return;
    exposition_deinit(&aggregate->exposition);
    report_deinit(&aggregate->report);
    rows_deinit(&aggregate->rows);
    groups_deinit(&aggregate->groups);
    windows_deinit(&aggregate->windows);
    for (uint32_t i = aggregate->n_values; i-- > 0;)
        value_close(&aggregate->values[i]);
    expr_free(aggregate->time);
    key_free(aggregate->key);
    free(aggregate);
}

static int open_key(struct aggregate *aggregate, const struct options *options,
                    const struct expr_scope *scope, struct diag *diag)
{
    struct setting_texts by = {options->texts, options->nodes, options->n_parts};

    return by.count > 0 ? key_open(&by, scope, key_seed(), diag, &aggregate->key) : 0;
}

static int open_time(struct aggregate *aggregate, const struct options *options,
                     const struct expr_scope *scope, struct diag *diag)
{
    const struct config_node *node = options->spec.by_node;
    enum field_meaning meaning;
    struct expr_error error;
    int result;

    if (!node)
        return 0;
    result = expr_compile_value(node->text, scope, &error, &aggregate->time);
    if (result < 0) {
        expr_report(&error, node, diag);
        return result;
    }
    meaning = expr_result(aggregate->time)->meaning;
    aggregate->time_is_wall = meaning == MEANING_UNIX_NS;
    aggregate->time_is_boot = meaning == MEANING_BOOTTIME;
    aggregate->time_is_signed = expr_result(aggregate->time)->is_signed;
    if (moment_is_since_boot(meaning) || meaning == MEANING_UNIX_NS)
        return 0;
    diag_add(diag, node, "expected a time: a field that means ktime, boottime or unix_ns");
    return -EINVAL;
}

static void share(struct aggregate *aggregate, uint32_t index)
{
    struct value *value = &aggregate->values[index];

    for (uint32_t i = 0; i < index; i++)
        value_share(value, &aggregate->values[i]);
    for (uint32_t i = 0; i < index; i++)
        if (value_shares_state(value, &aggregate->values[i])) {
            value->size = 0;
            value->offset = aggregate->values[i].offset;
            return;
        }
}

static int open_values(struct aggregate *aggregate, const struct options *options,
                       const struct expr_scope *scope, struct diag *diag, size_t *ret_size)
{
    size_t begin = groups_state_offset(aggregate->key), at = begin;
    int result = 0;

    for (const struct config_node *item = options->values->first; item; item = item->next) {
        struct value *value = &aggregate->values[aggregate->n_values++];
        int opened = value_open(item, scope, diag, value);

        result = opened < 0 ? opened : result;
        if (opened < 0)
            continue;
        if (options->expose && value->ops->metric == METRIC_HISTOGRAM)
            hist_keep_sum(value);
        value->offset = (uint32_t)at;
        share(aggregate, aggregate->n_values - 1);
        at += value->size;
    }
    *ret_size = at - begin;
    return result;
}

static void merge_groups(void *data, struct group *into, const struct group *from)
{
    const struct aggregate *aggregate = data;

    for (uint32_t i = 0; i < aggregate->n_values; i++) {
        const struct value *value = &aggregate->values[i];

        if (value->size > 0)
            value->ops->merge(value, (char *)into + value->offset,
                              (const char *)from + value->offset);
    }
}

/* By a field each record of a batch may open windows of its own, though they end within it. */
static uint64_t places_for(uint32_t most, const struct window_spec *spec)
{
    uint64_t places = ((uint64_t)most + 2) * (windows_open_most(spec) + 1);

    if (spec->by)
        places += HANDLER_BATCH_MAX * (spec->gap ? 1 : spec->every / spec->hop);
    return places;
}

static int open_groups(struct aggregate *aggregate, const struct options *options,
                       const struct config_node *config, size_t state_size, struct diag *diag)
{
    uint32_t most = aggregate->key ? (uint32_t)options->groups : 1;
    uint64_t places = places_for(most, &options->spec);
    char has[SCALAR_TEXT_MAX], needs[SCALAR_TEXT_MAX];
    int result;

    aggregate->bytes = places > UINT32_MAX / 4
                           ? UINT64_MAX
                           : groups_memory(aggregate->key, (uint32_t)places, state_size);
    if (options->expose && aggregate->bytes < UINT64_MAX)
        aggregate->bytes +=
            exposition_memory(options, aggregate->key, aggregate->values, aggregate->n_values);
    if (aggregate->bytes > options->memory) {
        scalar_format_size(options->memory, has);
        scalar_format_size(aggregate->bytes, needs);
        diag_add(diag, config,
                 "%u groups of %zu bytes in up to %u open windows need %s, but memory: allows %s; "
                 "raise memory or lower groups",
                 most, groups_state_offset(aggregate->key) + state_size,
                 windows_open_most(&options->spec) + 1, needs, has);
        return -EINVAL;
    }
    result = groups_init(&aggregate->groups, aggregate->key, (uint32_t)places, most, state_size);
    aggregate->groups.evicts = options->overflow == OVERFLOW_EVICT;
    aggregate->groups.merge = merge_groups;
    aggregate->groups.merge_data = aggregate;
    return result;
}

static int open_order(struct aggregate *aggregate, const struct options *options, struct diag *diag)
{
    const struct field *field;

    if (!options->order)
        return 0;
    field = schema_find(aggregate->rows.schema, options->order_name);
    if (!field) {
        diag_add(diag, options->order, "the rows have no field %s; order by one of the values",
                 options->order_name);
        return -EINVAL;
    }
    if (!field->column || field->kind == FIELD_CHARS || field->kind == FIELD_BYTES) {
        diag_add(diag, options->order, "order: needs a number; %s is not a number", field->name);
        return -EINVAL;
    }
    aggregate->report.order = field;
    aggregate->report.descending = options->descending;
    return 0;
}

static bool check_bytes(const struct field *field, const struct config_node *node,
                        struct diag *diag)
{
    if (field->kind != FIELD_BYTES || field->size <= ROW_FORM_BYTES_MAX)
        return true;
    diag_add(diag, node, "the value has %u bytes; emit: sketches allows at most %d", field->size,
             ROW_FORM_BYTES_MAX);
    return false;
}

static int open_sketches(struct aggregate *aggregate, const struct options *options,
                         const struct config_node *config, const struct handler_host *host,
                         struct diag *diag)
{
    const struct window_spec *spec = &options->spec;
    const struct config_node *node = options->values->first;
    int result = rows_set_origin(&aggregate->rows, host->source_name, host->wall,
                                 spec->running || window_is_hopping(spec));
    size_t most = result == 0 ? row_form_max(&aggregate->rows.head) : 0;

    for (uint32_t i = 0; i < options->n_parts; i++)
        if (!check_bytes(key_field(aggregate->key, i), options->nodes[i], diag))
            result = -EINVAL;
    for (uint32_t i = 0; i < aggregate->n_values; i++, node = node->next) {
        if (!check_bytes(&aggregate->values[i].of, node, diag))
            result = -EINVAL;
        if (strlen(aggregate->values[i].call) > ROW_FORM_CALL_MAX) {
            diag_add(diag, node,
                     "the text of a value can have at most %d bytes with emit: sketches",
                     ROW_FORM_CALL_MAX);
            result = -EINVAL;
        }
    }
    if (most <= ROW_FORM_MAX)
        return result;
    diag_add(diag, config,
             "the sketches of one row can take %zu bytes, but an event has room for %d; use fewer "
             "values, fewer bins or a larger error",
             most, ROW_FORM_MAX);
    return -EINVAL;
}

static int open_report(struct aggregate *aggregate, const struct options *options,
                       const struct config_node *config, const struct handler_host *host,
                       struct diag *diag)
{
    struct expr_scope scope = {.defs = host->defs};
    const char *names[KEY_PARTS_MAX];
    struct expr_error error;
    int result;

    for (uint32_t i = 0; i < options->n_parts; i++)
        names[i] = options->names[i];
    result = rows_init(&aggregate->rows, aggregate->key, names, aggregate->values,
                       aggregate->n_values, options->emit == EMIT_SKETCHES, config, diag);
    if (result == 0 && options->emit == EMIT_SKETCHES)
        result = open_sketches(aggregate, options, config, host, diag);
    if (result < 0)
        return result;
    aggregate->report.groups = &aggregate->groups;
    aggregate->report.rows = &aggregate->rows;
    aggregate->report.limit = options->limit ? (uint64_t)options->limit : UINT64_MAX;
    aggregate->report.keeps = options->spec.running;
    scope.schema = aggregate->rows.schema;
    if (options->having) {
        result = expr_compile(options->having->text, &scope, &error, &aggregate->report.having);
        if (result < 0) {
            expr_report(&error, options->having, diag);
            return result;
        }
    }
    result = open_order(aggregate, options, diag);
    return result < 0 ? result : report_init(&aggregate->report);
}

static int open_exposition(struct aggregate *aggregate, const struct options *options,
                           const struct handler_host *host, struct diag *diag)
{
    int result = exposition_init(&aggregate->exposition, options, aggregate->key, aggregate->values,
                                 aggregate->n_values, &aggregate->groups, host, diag);

    for (uint32_t i = 0; i < aggregate->rows.schema->n_fields; i++)
        aggregate->rows.schema->fields[i].exposed = true;
    aggregate->report.exposition = &aggregate->exposition;
    aggregate->base.metrics = aggregate->exposition.metrics;
    aggregate->base.n_metrics = aggregate->exposition.n;
    return result;
}

static int open_parts(struct aggregate *aggregate, const struct options *options,
                      const struct config_node *config, const struct handler_host *host,
                      struct diag *diag)
{
    const struct expr_scope scope = expr_scope_of(host);
    size_t before = diag_count(diag), state_size = 0;
    int result = open_key(aggregate, options, &scope, diag), next;

    next = open_time(aggregate, options, &scope, diag);
    result = next < 0 ? next : result;
    if (result == 0)
        result = open_values(aggregate, options, &scope, diag, &state_size);
    if (result < 0 || diag_count(diag) > before)
        return result < 0 ? result : -EINVAL;
    aggregate->weight = schema_find_meaning(host->schema, MEANING_WEIGHT);
    result = open_groups(aggregate, options, config, state_size, diag);
    if (result == 0)
        result = windows_init(&aggregate->windows, &options->spec,
                              aggregate->time_is_wall || options->spec.align, host->wall);
    if (result == 0)
        result = open_report(aggregate, options, config, host, diag);
    if (result == 0 && options->expose)
        result = open_exposition(aggregate, options, host, diag);
    sessions_init(&aggregate->sessions, &aggregate->groups, (int64_t)options->spec.gap);
    return result;
}

static int aggregate_open(const struct config_node *config, const struct handler_host *host,
                          struct diag *diag, struct handler **ret)
{
    struct aggregate *aggregate;
    struct options options;
    int result;

    if (options_read(config, diag, &options) < 0)
        return -EINVAL;
    aggregate = calloc(1, sizeof(*aggregate));
    if (!aggregate)
        return -ENOMEM;
    aggregate->base.ops = &aggregate_ops;
    aggregate->reporting = WINDOWS_NONE;
    aggregate->clock = host->clock;
    result = open_parts(aggregate, &options, config, host, diag);
    if (result < 0) {
        aggregate_close(&aggregate->base);
        return result;
    }
    aggregate->base.schema = aggregate->rows.schema;
    *ret = &aggregate->base;
    return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void add_failures(const struct aggregate *aggregate, struct expr_failures *sum)
{
    if (aggregate->key)
        key_add_failures(aggregate->key, sum);
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        expr_add_failures(aggregate->values[i].expr, sum);
    expr_add_failures(aggregate->time, sum);
    expr_add_failures(aggregate->report.having, sum);
}

static void aggregate_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row ended = {"windows", "", ROW_COUNT, "Windows emitted"};
    static const struct row groups = {"groups", "", ROW_LEVEL, "Groups in all open windows"};
    static const struct row overflowed = {"overflowed", "", ROW_COUNT,
                                          "Records counted in the row for all other groups"};
    static const struct row evicted = {"groups_evicted", "", ROW_COUNT,
                                       "Groups evicted to make room for others"};
    static const struct row ahead = {
        "ahead", "", ROW_COUNT,
        "Records with a time more than a second ahead of the clock; counted as now"};
    static const struct row missed = {
        "windows_missed", "", ROW_COUNT,
        "Ended hopping windows that a late record missed although it was counted in others"};
    static const struct row memory = {"memory", "bytes", ROW_LEVEL,
                                      "Memory allocated for all groups"};
    static const struct row sets = {"label_sets", "", ROW_LEVEL,
                                    "Groups with metrics of their own"};
    static const struct row turned_away = {
        "label_sets_overflowed", "", ROW_COUNT,
        "Groups that got no metrics of their own because label_sets was reached"};
    const struct aggregate *aggregate = (const struct aggregate *)handler;
    struct expr_failures failures = {0};

    emit(data, &ended, counter_get(&aggregate->windows_ended));
    emit(data, &groups, counter_get(&aggregate->groups.used));
    emit(data, &overflowed, counter_get(&aggregate->groups.overflowed));
    emit(data, &evicted, counter_get(&aggregate->groups.evicted));
    emit(data, &ahead, counter_get(&aggregate->ahead));
    emit(data, &missed, counter_get(&aggregate->missed));
    emit(data, &memory, aggregate->bytes);
    emit(data, &sets, label_sets_count(&aggregate->exposition.sets));
    emit(data, &turned_away, counter_get(&aggregate->exposition.sets.turned_away));
    add_failures(aggregate, &failures);
    expr_rows(&failures, emit, data);
}

static void aggregate_samples(const struct handler *handler, uint32_t metric, metric_emit emit,
                              void *data)
{
    exposition_samples(&((const struct aggregate *)handler)->exposition, metric, emit, data);
}

const struct handler_ops aggregate_ops = {
    .name = "aggregate",
    .doc = "computes counts, sums and estimates per group of records and window",
    .removes = BOOK_AGGREGATED,
    .forgets = true,
    .settings = options_settings,
    .reads_fields = true,
    .reshapes = true,
    .open = aggregate_open,
    .process = ingest_process,
    .make = output_make,
    .due = output_due,
    .rows = aggregate_rows,
    .samples = aggregate_samples,
    .close = aggregate_close,
};
