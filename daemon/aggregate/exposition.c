// SPDX-License-Identifier: Apache-2.0

/* What is on the page changes when rows are made, not when records come: so it costs a record
 * nothing, and is as fresh as the rows.
 *
 * Counters of windows grow by what each window held. Of groups without labels of their own the
 * counters would do the same, but their quantiles and minima would not; so the groups themselves
 * are merged into one, of which at the window's end all numbers are taken as of any other. */

#include "aggregate/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/label_printer.h"
#include "aggregate/metric_name.h"
#include "base/clock.h"
#include "record/moment.h"

enum { WORD_UNTIL, WORD_FIRST, KEY_COLUMN = 2, WINDOWS_SHOWN = 2 };

struct exposed {
    const struct value *value;
    uint32_t word; /* of a set's */
    double factor;
    struct metric_name name;
    char help[96];
    double bounds[VALUE_BOUNDS_MAX];
    char label[40]; /* `quantile="0.99"`; "" */
};

/* ---- opening --------------------------------------------------------------------------------- */

static uint32_t words_of(const struct value *value)
{
    return value->ops->metric == METRIC_HISTOGRAM ? value->n_bounds + 2 : 1;
}

static uint32_t count_words(const struct value *values, uint32_t n_values)
{
    uint32_t words = WORD_FIRST;

    for (uint32_t i = 0; i < n_values; i++)
        words += metric_name_is_for(&values[i]) ? words_of(&values[i]) : 0;
    return words;
}

static size_t labels_room(const struct options *options)
{
    const char *names[KEY_PARTS_MAX];
    size_t room;

    for (uint32_t i = 0; i < options->n_parts; i++)
        names[i] = options->names[i];
    room = label_printer_room(names, options->n_parts, EXPOSITION_LABEL_MAX);
    return (room + 15) / 16 * 16;
}

uint64_t exposition_memory(const struct options *options, const struct key *key,
                           const struct value *values, uint32_t n_values)
{
    return label_sets_memory((uint32_t)options->label_sets, count_words(values, n_values),
                             key ? key_size(key) : 0, labels_room(options));
}

static void describe(struct exposed *exposed, struct metric *metric)
{
    const struct value *value = exposed->value;

    snprintf(exposed->help, sizeof(exposed->help), "%s(%.60s) of each group", value->ops->name,
             value->source ? value->source : "");
    for (char *at = exposed->help; *at; at++)
        if (*at == '\n' || *at == '\\')
            *at = ' ';
    if (exposed->name.kind == METRIC_SUMMARY)
        snprintf(exposed->label, sizeof(exposed->label), "quantile=\"%.12g\"", value->fraction);
    for (uint32_t i = 0; i < value->n_bounds; i++)
        exposed->bounds[i] = value->bounds[i] * exposed->factor;
    *metric = (struct metric){.name = exposed->name.text,
                              .unit = exposed->name.unit,
                              .help = exposed->help,
                              .kind = exposed->name.kind,
                              .bounds = exposed->bounds,
                              .n_bounds = value->n_bounds};
}

static int add_value(struct exposition *exposition, const char *prefix, const struct value *value,
                     const struct config_node *node, uint32_t *word, struct diag *diag)
{
    struct exposed *exposed = &exposition->exposed[exposition->n];
    struct metric *metric = &exposition->metrics[exposition->n];

    exposed->value = value;
    exposed->word = *word;
    if (metric_name_make(prefix, value, node, diag, &exposed->name) < 0)
        return -EINVAL;
    exposed->factor = exposed->name.factor;
    describe(exposed, metric);
    metric->node = node;
    for (uint32_t i = 0; i < exposition->n; i++)
        if (strcmp(exposition->metrics[i].name, metric->name) == 0) {
            diag_add_key(diag, node,
                         "another value already has the metric name %s; rename this one",
                         metric->name);
            return -EINVAL;
        }
    *word += words_of(value);
    exposition->n++;
    return 0;
}

/* A page is made at once and in memory. */
static bool check_lines(const struct exposition *exposition, const struct options *options,
                        struct diag *diag)
{
    uint64_t lines = 0;

    for (uint32_t i = 0; i < exposition->n; i++)
        lines += exposition->exposed[i].name.kind == METRIC_HISTOGRAM
                     ? exposition->exposed[i].value->n_bounds + 3
                     : 1;
    if (lines * (uint64_t)options->label_sets <= EXPOSITION_LINES_MAX)
        return true;
    diag_add(diag, options->expose,
             "too many metrics: %" PRId64 " label_sets of %" PRIu64
             " lines each, and at most %d lines are allowed; lower label_sets or use fewer "
             "histogram buckets",
             options->label_sets, lines, EXPOSITION_LINES_MAX);
    return false;
}

static int add_values(struct exposition *exposition, const struct options *options,
                      const char *pipeline, struct diag *diag)
{
    const struct config_node *node = options->values->first;
    char prefix[OPTIONS_NAME_MAX + 2];
    uint32_t word = WORD_FIRST;
    int result = metric_name_prefix(options, pipeline, diag, prefix);

    for (uint32_t i = 0; i < exposition->n_values && result == 0; i++, node = node->next)
        if (metric_name_is_for(&exposition->values[i]))
            result = add_value(exposition, prefix, &exposition->values[i], node, &word, diag);
    if (result == 0 && exposition->n == 0) {
        diag_add(diag, options->expose,
                 "none of the values is a number; metrics need at least one");
        return -EINVAL;
    }
    if (result == 0 && !check_lines(exposition, options, diag))
        return -EINVAL;
    return metric_name_check_labels(options, diag) ? result : -EINVAL;
}

/* A gauge of a group that does not come any more is shown only for a while. */
static int64_t shown_for(const struct window_spec *spec)
{
    return spec->running || spec->gap ? INT64_MAX
                                      : (int64_t)(WINDOWS_SHOWN * (spec->every + spec->late));
}

int exposition_init(struct exposition *exposition, const struct options *options,
                    const struct key *key, const struct value *values, uint32_t n_values,
                    const struct groups *groups, const struct handler_host *host, struct diag *diag)
{
    const char *names[KEY_PARTS_MAX];
    int result;

    memset(exposition, 0, sizeof(*exposition));
    exposition->metrics = calloc(n_values, sizeof(*exposition->metrics));
    exposition->exposed = calloc(n_values, sizeof(*exposition->exposed));
    exposition->rest = calloc(1, groups->table.place_size);
    if (!exposition->metrics || !exposition->exposed || !exposition->rest)
        return -ENOMEM;
    exposition->values = values;
    exposition->n_values = n_values;
    exposition->key = key;
    exposition->wall = host->wall;
    exposition->replaces = options->spec.running;
    exposition->lasts = shown_for(&options->spec);
    result = add_values(exposition, options, host->pipeline_name, diag);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < options->n_parts; i++)
        names[i] = options->names[i];
    exposition->printer = key ? label_printer_new(key, names, KEY_COLUMN, host->wall) : NULL;
    if (key && !exposition->printer)
        return -ENOMEM;
    return label_sets_init(&exposition->sets, (uint32_t)options->label_sets,
                           count_words(values, n_values), key ? key_size(key) : 0,
                           labels_room(options));
}

void exposition_deinit(struct exposition *exposition)
{
    label_sets_deinit(&exposition->sets);
    label_printer_free(exposition->printer);
    free(exposition->rest);
    free(exposition->exposed);
    free(exposition->metrics);
    memset(exposition, 0, sizeof(*exposition));
}

/* ---- on the consumer thread ------------------------------------------------------------------ */

/* The value's number of a group, in the metric's unit. NaN: null. */
static double gauge_of(struct exposition *exposition, const struct exposed *exposed)
{
    const struct field *result = &exposed->value->result;
    uint64_t bits = exposition->column.integers[0];

    if (column_is_null(&exposition->column, 0))
        return NAN;
    if (moment_is_since_boot(result->meaning) && exposition->wall)
        bits = moment_wall(exposition->wall, result, bits);
    if (moment_is_since_boot(result->meaning) && !result->is_signed && bits > INT64_MAX)
        return NAN;
    if (result->kind == FIELD_FLOAT)
        return exposition->column.floats[0] * exposed->factor;
    return (result->is_signed ? (double)(int64_t)bits : (double)bits) * exposed->factor;
}

static void put_count(_Atomic uint64_t *word, uint64_t more, bool replaces)
{
    uint64_t sum = replaces ? 0 : atomic_load_explicit(word, memory_order_relaxed);

    if (__builtin_add_overflow(sum, more, &sum))
        sum = UINT64_MAX;
    atomic_store_explicit(word, sum, memory_order_relaxed);
}

static void put_number(_Atomic uint64_t *word, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    atomic_store_explicit(word, bits, memory_order_relaxed);
}

static double number_of(uint64_t bits)
{
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

static void put_histogram(const struct exposition *exposition, const struct exposed *exposed,
                          const void *state, _Atomic uint64_t *words)
{
    const uint64_t *counts = state;
    uint32_t buckets = exposed->value->n_bounds + 1;
    double sum = exposition->replaces
                     ? 0
                     : number_of(atomic_load_explicit(&words[buckets], memory_order_relaxed));

    for (uint32_t i = 0; i < buckets; i++)
        put_count(&words[i], counts[i], exposition->replaces);
    put_number(&words[buckets], sum + hist_sum(exposed->value, state));
}

static void put_value(struct exposition *exposition, const struct exposed *exposed,
                      const struct group *group, double seconds, _Atomic uint64_t *words)
{
    const void *state = (const char *)group + exposed->value->offset;
    bool saturated = false;
    struct value_output output = {
        .column = &exposition->column, .seconds = seconds, .saturated = &saturated};

    if (exposed->name.kind == METRIC_HISTOGRAM) {
        put_histogram(exposition, exposed, state, words);
        return;
    }
    exposed->value->ops->get(exposed->value, state, &output);
    if (exposed->name.kind == METRIC_COUNTER)
        put_count(words, exposition->column.integers[0], exposition->replaces);
    else
        put_number(words, gauge_of(exposition, exposed));
}

static void put_group(struct exposition *exposition, uint32_t set, const struct group *group,
                      double seconds, int64_t now)
{
    _Atomic uint64_t *words = label_sets_begin(&exposition->sets, set);
    int64_t until = exposition->lasts > INT64_MAX - now ? INT64_MAX : now + exposition->lasts;

    atomic_store_explicit(&words[WORD_UNTIL], (uint64_t)until, memory_order_relaxed);
    for (uint32_t i = 0; i < exposition->n; i++)
        put_value(exposition, &exposition->exposed[i], group, seconds,
                  &words[exposition->exposed[i].word]);
    label_sets_end(&exposition->sets, set);
}

static void merge_rest(struct exposition *exposition, const struct group *group)
{
    exposition->rest->records += group->records;
    for (uint32_t i = 0; i < exposition->n_values; i++) {
        const struct value *value = &exposition->values[i];

        if (value->size > 0 && metric_name_is_for(value))
            value->ops->merge(value, (char *)exposition->rest + value->offset,
                              (const char *)group + value->offset);
    }
}

/* LABEL_SETS_REST: it gets none. */
static uint32_t find_set(struct exposition *exposition, const struct group *group,
                         const struct batch *rows, uint32_t row)
{
    static const char none[8];
    struct label_sets *sets = &exposition->sets;
    const void *key = exposition->key ? groups_key((struct group *)group) : none;
    uint32_t set = group->other ? LABEL_SETS_REST : label_sets_find(sets, key);
    char labels[KEY_PARTS_MAX * (OPTIONS_NAME_MAX + 4 + 2 * EXPOSITION_LABEL_MAX) + 1] = "";

    if (set != LABEL_SETS_REST || group->other)
        return set;
    if (label_sets_have_room(sets)) {
        if (exposition->printer)
            label_printer_put(exposition->printer, rows, row, EXPOSITION_LABEL_MAX, labels);
        set = label_sets_add(sets, key, labels);
    }
    if (set == LABEL_SETS_REST)
        counter_add(&sets->turned_away, 1);
    return set;
}

void exposition_take(struct exposition *exposition, const struct groups *groups,
                     const uint32_t *numbers, const struct batch *rows,
                     const struct rows_window *window)
{
    for (uint32_t row = 0; row < rows->count; row++) {
        const struct group *group = groups_at(groups, numbers[row]);
        uint32_t set = find_set(exposition, group, rows, row);

        if (set == LABEL_SETS_REST)
            merge_rest(exposition, group);
        else
            put_group(exposition, set, group, window->seconds, rows->now);
    }
}

void exposition_end(struct exposition *exposition, const struct rows_window *window, int64_t now)
{
    size_t size = 0;

    if (exposition->rest->records == 0)
        return;
    put_group(exposition, LABEL_SETS_REST, exposition->rest, window->seconds, now);
    for (uint32_t i = 0; i < exposition->n_values; i++)
        if (exposition->values[i].offset + exposition->values[i].size > size)
            size = exposition->values[i].offset + exposition->values[i].size;
    memset(exposition->rest, 0, size);
}

/* ---- on the main thread ---------------------------------------------------------------------- */

static void emit_set(const struct exposition *exposition, const struct exposed *exposed,
                     const char *labels, const uint64_t *words, metric_emit emit, void *data)
{
    const struct value *value = exposed->value;
    char both[KEY_PARTS_MAX * (OPTIONS_NAME_MAX + 4 + 2 * EXPOSITION_LABEL_MAX) + 64];
    struct metric_sample sample = {.labels = both, .number = number_of(words[exposed->word])};

    (void)exposition;
    snprintf(both, sizeof(both), "%s%s%s", labels, *labels && *exposed->label ? "," : "",
             exposed->label);
    if (exposed->name.kind == METRIC_COUNTER) {
        sample.integer = words[exposed->word];
        sample.number = (double)sample.integer * exposed->factor;
        sample.whole = exposed->factor == 1;
    } else if (exposed->name.kind == METRIC_HISTOGRAM) {
        sample.counts = &words[exposed->word];
        sample.number = number_of(words[exposed->word + value->n_bounds + 1]) * exposed->factor;
        if (value->bounds[0] < 0)
            sample.number = NAN; /* it may go down, which no sum of a histogram does */
    } else if (isnan(sample.number) || (int64_t)words[WORD_UNTIL] < clock_monotonic()) {
        return;
    }
    emit(data, &sample);
}

void exposition_samples(const struct exposition *exposition, uint32_t metric, metric_emit emit,
                        void *data)
{
    const struct label_sets *sets = &exposition->sets;
    uint64_t words[WORD_FIRST + VALUES_MAX * (VALUE_BOUNDS_MAX + 2)];

    for (uint32_t set = 0; set <= label_sets_count(sets); set++)
        if (label_sets_read(sets, set, words))
            emit_set(exposition, &exposition->exposed[metric],
                     set == LABEL_SETS_REST ? "other=\"true\"" : label_sets_labels(sets, set),
                     words, emit, data);
}
