// SPDX-License-Identifier: Apache-2.0

/* json_pack() gives NULL for the whole when any part of it could not be made, and so do the
 * functions here; so nothing is checked in between. Counters come from the rows of
 * control/counters.c. */

#include "control/status.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/counters.h"
#include "pipeline/engine.h"

static json_int_t number(uint64_t value)
{
    return (json_int_t)value;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* Seconds since then; null: never. */
static json_t *age(const struct snapshot *snapshot, int64_t since)
{
    return since > 0 ? json_real(seconds(snapshot->time - since)) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text && text[0] ? json_stringn_nocheck(text, strlen(text)) : json_null();
}

/* The object with the members of the other, which is consumed. NULL when one of them is NULL. */
static json_t *join(json_t *object, json_t *other)
{
    if (!other || json_object_update(object, other) < 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(other);
    return object;
}

/* ---- health ---------------------------------------------------------------------------------- */

static json_t *check_json(const struct health *health, enum check check)
{
    bool unknown = health_unknown(health, check);

    return json_pack("{s:s, s:o, s:o}", "name", health_check_name(check), "good",
                     unknown ? json_null() : json_boolean(health->reasons[check][0] == '\0'),
                     "reason", text_or_null(unknown ? health->unknown : health->reasons[check]));
}

static json_t *checks_json(const struct health *health)
{
    json_t *list = json_array();

    for (int check = 0; check < CHECKS; check++)
        json_array_append_new(list, check_json(health, (enum check)check));
    return list;
}

json_t *status_health_json(const struct health *health)
{
    return json_pack("{s:b, s:o}", "healthy", health_good(health), "checks", checks_json(health));
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* The upper bound of the bucket that holds this share of all; 0 for the last one, without end. */
static double quantile(const uint64_t *buckets, uint64_t count, double share)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < HISTOGRAM_BOUNDED; i++) {
        sum += buckets[i];
        if ((double)sum >= share * (double)count)
            return seconds((int64_t)histogram_bound(i));
    }
    return seconds((int64_t)histogram_bound(HISTOGRAM_BOUNDED));
}

/* Of all the histograms together. */
static json_t *latencies_json(const struct histogram *const *histograms, uint32_t n)
{
    uint64_t buckets[HISTOGRAM_BUCKETS] = {0}, count = 0, sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        sum += counter_get(&histograms[i]->sum);
        for (unsigned j = 0; j < HISTOGRAM_BUCKETS; j++)
            buckets[j] += counter_get(&histograms[i]->buckets[j]);
    }
    for (unsigned j = 0; j < HISTOGRAM_BUCKETS; j++)
        count += buckets[j];
    if (count == 0)
        return json_null();
    return json_pack("{s:I, s:f, s:f, s:f}", "samples", number(count), "mean_seconds",
                     seconds((int64_t)(sum / count)), "half_within_seconds",
                     quantile(buckets, count, 0.5), "99_percent_within_seconds",
                     quantile(buckets, count, 0.99));
}

static json_t *latency_json(const struct histogram *histogram)
{
    return latencies_json(&histogram, 1);
}

static void add_row(void *data, const struct row *row, uint64_t value)
{
    json_array_append_new(data, json_pack("{s:s, s:s, s:s, s:I}", "name", row->name, "unit",
                                          row->unit, "help", row->help, "value", number(value)));
}

static json_t *books_json(const struct book_totals *books)
{
    json_t *object = json_object();

    for (int row = 0; row < BOOK_ROWS; row++)
        json_object_set_new(object, book_name((enum book)row),
                            json_integer(number(books->rows[row])));
    return object;
}

/* ---- sources --------------------------------------------------------------------------------- */

static json_t *programs_json(const struct source *source)
{
    json_t *list = json_array();
    const char *name;

    for (uint32_t i = 0; (name = source_program(source, i)); i++)
        json_array_append_new(list, json_string(name));
    return list;
}

/* All its rings as one: what most users have. */
static json_t *rings_sum_json(const struct snapshot *snapshot, const struct ring_snapshot *counts)
{
    return join(counters_add_json(json_object(), COUNTER_OF_RING_SPACE, counts),
                json_pack("{s:o, s:b, s:b}", "busy_seconds",
                          age(snapshot, (int64_t)counts->busy_since), "paused", counts->paused != 0,
                          "corrupt", counts->corrupt));
}

static json_t *ring_json(const struct watch *watch, uint32_t index)
{
    const struct ring_snapshot *counts = &watch->snapshot.rings[index];
    const struct ring_watch *ring = &watch->rings[index];
    json_t *object = json_pack("{s:s}", "name", counts->ring->name);

    object = counters_add_json(object, COUNTER_OF_RING_SPACE, counts);
    object = counters_add_json(object, COUNTER_OF_RING, counts);
    return join(object, json_pack("{s:o, s:b, s:b, s:b, s:f, s:o}", "busy_seconds",
                                  age(&watch->snapshot, (int64_t)counts->busy_since), "paused",
                                  counts->paused != 0, "corrupt", counts->corrupt, "small",
                                  ring->small, "bytes_per_second", ring->bytes.per_second,
                                  "commit_latency", latency_json(&counts->ring->commit_latency)));
}

/* value is null where there is no selector. */
static json_t *types_json(const struct stream *stream)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < stream->n_types; i++)
        json_array_append_new(list, json_pack("{s:s, s:o}", "type",
                                              stream->types[i].schema->type_name, "value",
                                              stream->selector == STREAM_ONE_TYPE
                                                  ? json_null()
                                                  : json_integer(stream->types[i].value)));
    return list;
}

/* NULL: by nothing. */
static const char *lost_known_by(const struct input_snapshot *counts)
{
    const struct stream *stream = counts->input->stream;

    if (!counts->lost_known)
        return NULL;
    return stream->counted ? "counter" : stream->numbered ? "sequence" : "capture";
}

/* The first ring of the stream has the index *ring, which is advanced past its last ring. */
static json_t *stream_json(const struct watch *watch, const struct input_snapshot *counts,
                           uint32_t *ring)
{
    json_t *rings = json_array(), *object;

    for (uint32_t i = 0; i < counts->input->n_rings; i++)
        json_array_append_new(rings, ring_json(watch, (*ring)++));
    object =
        json_pack("{s:s, s:o, s:b}", "name", counts->input->stream->name, "types",
                  types_json(counts->input->stream), "ordered", counts->input->stream->ordered);
    object = counters_add_json(object, COUNTER_OF_LOSS, counts);
    object = counters_add_json(object, COUNTER_OF_INPUT, counts);
    return join(object,
                json_pack("{s:s?, s:o}", "lost_known_by", lost_known_by(counts), "rings", rings));
}

/* The indexes are those of the first stream and ring of the source; they are advanced past its last
 * ones. */
static json_t *streams_json(const struct watch *watch, const struct source *source,
                            uint32_t *stream, uint32_t *ring)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < source->n_streams; i++)
        json_array_append_new(list, stream_json(watch, &watch->snapshot.inputs[(*stream)++], ring));
    return list;
}

static json_t *commit_latency_json(const struct snapshot *snapshot, uint32_t from, uint32_t to)
{
    const struct histogram *histograms[GRAPH_RINGS_MAX];

    for (uint32_t i = from; i < to; i++)
        histograms[i - from] = &snapshot->rings[i].ring->commit_latency;
    return latencies_json(histograms, to - from);
}

/* The type of all its records, or null. */
static json_t *type_json(const struct source *source)
{
    return source->n_streams == 1 && source->streams->n_types == 1
               ? json_string(source->streams->types->schema->type_name)
               : json_null();
}

static json_t *source_json(const struct watch *watch, uint32_t index, uint32_t *stream,
                           uint32_t *ring)
{
    const struct source_snapshot *counts = &watch->snapshot.sources[index];
    const struct source *source = counts->entry->source;
    uint32_t first_ring = *ring;
    json_t *streams = streams_json(watch, source, stream, ring);
    json_t *object =
        json_pack("{s:s, s:b, s:o, s:o, s:o}", "name", source->name, "kept", source->kept, "type",
                  type_json(source), "programs", programs_json(source), "ring",
                  rings_sum_json(&watch->snapshot, &counts->rings));

    object = counters_add_json(object, COUNTER_OF_LOSS, &counts->inputs);
    object = counters_add_json(object, COUNTER_OF_RING, &counts->rings);
    object = counters_add_json(object, COUNTER_OF_SOURCE, counts);
    return join(object,
                json_pack("{s:f, s:o, s:o, s:o}", "records_per_second",
                          watch->records[index].per_second, "lost_per_second",
                          counts->inputs.lost_known ? json_real(watch->lost[index].per_second)
                                                    : json_null(),
                          "commit_latency",
                          commit_latency_json(&watch->snapshot, first_ring, *ring), "streams",
                          streams));
}

static json_t *sources_json(const struct watch *watch)
{
    uint32_t stream = 0, ring = 0;
    json_t *list = json_array();

    for (uint32_t i = 0; i < watch->snapshot.graph->n_sources; i++)
        json_array_append_new(list, source_json(watch, i, &stream, &ring));
    return list;
}

/* ---- pipelines ------------------------------------------------------------------------------- */

/* ring and type say which types it is for, where the source has several. */
static json_t *handler_json(const struct chain *chain, uint32_t index)
{
    const struct input *input = chain->type->input;
    const struct handler *handler = chain->handlers[index];
    const struct handler_account *account = &chain->accounts[index];
    uint64_t clocked = counter_get(&account->clocked);
    json_t *rows = json_array();
    char name[CHAIN_NAME_MAX];

    if (handler->ops->rows)
        handler->ops->rows(handler, add_row, rows);
    return json_pack(
        "{s:s, s:o, s:o, s:i, s:s, s:I, s:I, s:o, s:I, s:f, s:o}", "source", input->source->name,
        "ring", input_is_one_of_many(input) ? json_string(input->stream->name) : json_null(),
        "type",
        input->stream->selector != STREAM_ONE_TYPE ? json_integer(chain->type->stream_type->value)
                                                   : json_null(),
        "number", (int)index + 1, "name", chain_handler_name(chain, index, name), "in",
        number(chain_handler_in(chain, index)), "out", number(counter_get(&account->out)),
        "ns_per_record",
        clocked ? json_real((double)counter_get(&account->ns) / (double)clocked) : json_null(),
        "slow_batches", number(counter_get(&account->slow)), "slowest_seconds",
        seconds((int64_t)counter_get(&account->slowest)), "rows", rows);
}

static json_t *pipeline_json(const struct snapshot *snapshot,
                             const struct pipeline_snapshot *counts)
{
    const struct graph *graph = snapshot->graph;
    json_t *handlers = json_array();

    for (uint32_t i = 0; i < graph->n_chains; i++) {
        const struct chain *chain = graph->chains[i];

        for (uint32_t j = 0; chain->pipeline == counts->pipeline && j < chain->n_handlers; j++)
            json_array_append_new(handlers, handler_json(chain, j));
    }
    return json_pack("{s:s, s:o, s:o}", "name", counts->pipeline->name, "books",
                     books_json(&counts->books), "handlers", handlers);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static const char *sink_state(const struct sink_snapshot *counts)
{
    return counts->gone ? "gone" : counts->retrying_since > 0 ? "retrying" : "running";
}

static json_t *sink_json(const struct watch *watch, uint32_t index)
{
    const struct sink_snapshot *counts = &watch->snapshot.sinks[index];
    const struct graph_sink *sink = counts->sink;
    json_t *rows = json_array(), *object;
    char error[NOTE_TEXT_MAX];

    note_get(&sink->writer.last_error, error);
    if (sink->ops->rows)
        sink->ops->rows(sink->sink, add_row, rows);
    object =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", sink->name, "type", sink->ops->name,
                  "state", sink_state(counts), "retrying_seconds",
                  age(&watch->snapshot, counts->retrying_since), "last_error", text_or_null(error),
                  "queue", counters_add_json(json_object(), COUNTER_OF_QUEUE, counts));
    return join(counters_add_json(object, COUNTER_OF_SINK, counts),
                json_pack("{s:f, s:o, s:o}", "delivered_per_second",
                          watch->delivered[index].per_second, "acknowledge_latency",
                          latency_json(&sink->writer.ack_latency), "rows", rows));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static json_t *http_json(const struct server *server)
{
    json_t *list = json_array();

    for (int kind = 0; kind < SERVER_KINDS; kind++) {
        const struct server_counts *counts = server_counts(server, (enum server_kind)kind);

        json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "listener",
                      server_kind_name((enum server_kind)kind), "accepted",
                      number(counts->accepted), "answered", number(counts->answered), "refused",
                      number(counts->refused), "malformed", number(counts->malformed), "crowded",
                      number(counts->crowded), "expired", number(counts->expired), "left",
                      number(counts->left), "open", (int)counts->open));
    }
    return list;
}

static json_t *consumer_json(const struct snapshot *snapshot)
{
    return counters_add_json(json_pack("{s:b}", "asleep", snapshot->asleep), COUNTER_OF_CONSUMER,
                             snapshot);
}

json_t *status_json(const struct watch *watch, const struct server *server,
                    const struct reload *reload)
{
    const struct snapshot *snapshot = &watch->snapshot;
    json_t *pipelines = json_array(), *sinks = json_array();
    char started[CLOCK_RFC3339_LENGTH + 1];

    for (uint32_t i = 0; i < snapshot->graph->n_pipelines; i++)
        json_array_append_new(pipelines, pipeline_json(snapshot, &snapshot->pipelines[i]));
    for (uint32_t i = 0; i < snapshot->graph->n_sinks; i++)
        json_array_append_new(sinks, sink_json(watch, i));
    clock_format_rfc3339(watch->started, started);
    return json_pack(
        "{s:s, s:i, s:s, s:f, s:I, s:s, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
        RINGMILL_VERSION, "pid", (int)getpid(), "started", started, "uptime_seconds",
        seconds(snapshot->time - watch->started_at), "config_generation", number(watch->generation),
        "log_level", log_level_name(log_get_level()), "log_dropped", number(log_dropped()),
        "healthy", health_good(&watch->health), "checks", checks_json(&watch->health), "reload",
        reload ? reload_json(reload) : json_null(), "consumer", consumer_json(snapshot), "sources",
        sources_json(watch), "pipelines", pipelines, "sinks", sinks, "http", http_json(server));
}
