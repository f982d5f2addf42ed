// SPDX-License-Identifier: Apache-2.0

/* One row for each family, in the order in which they are printed; a row's function prints its
 * samples. The two formats differ in little: OpenMetrics takes the _total off a counter's family
 * name, has units, and an end. Label values are names of the config, which have no characters that
 * would have to be escaped (see name_is_plain() in pipeline/build.c), or words of ours. */

#include "control/metrics.h"

#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/engine.h"

enum { ROW_FAMILIES_MAX = 64, FAMILY_NAME_MAX = 128, LABELS_MAX = 512 };

enum family_type { COUNTER, GAUGE, HISTOGRAM };

struct page {
    const struct watch *watch;
    const struct snapshot *snapshot;
    const struct server *server;
    const struct family *family;
    struct evbuffer *out;
    bool open;
    bool failed;
};

struct family {
    const char *name; /* with its unit, without _total */
    enum family_type type;
    const char *unit; /* the name's end; "" for a plain count */
    const char *help;
    void (*samples)(struct page *page);
    size_t offset; /* put_sources and put_sinks: of a uint64_t in a sight */
};

/* ---- lines ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void put(struct page *page, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (evbuffer_add_vprintf(page->out, format, arguments) < 0)
        page->failed = true;
    va_end(arguments);
}

static const char *suffix(const struct page *page)
{
    return page->family->type == COUNTER ? "_total" : "";
}

/* labels: `source="exec"`, or "". */
static void sample(struct page *page, uint64_t value, const char *labels)
{
    put(page, "%s%s%s%s%s %" PRIu64 "\n", page->family->name, suffix(page), labels[0] ? "{" : "",
        labels, labels[0] ? "}" : "", value);
}

static void sample_seconds(struct page *page, double seconds, const char *labels)
{
    put(page, "%s%s%s%s%s %.9f\n", page->family->name, suffix(page), labels[0] ? "{" : "", labels,
        labels[0] ? "}" : "", seconds);
}

/* Writes one label into the buffer, and gives it. */
static const char *label(char buffer[LABELS_MAX], const char *key, const char *value)
{
    snprintf(buffer, LABELS_MAX, "%s=\"%s\"", key, value);
    return buffer;
}

static void head(struct page *page)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    const struct family *family = page->family;
    const char *end = page->open ? "" : suffix(page);

    put(page, "# HELP %s%s %s.\n# TYPE %s%s %s\n", family->name, end, family->help, family->name,
        end, types[family->type]);
    if (page->open && family->unit[0])
        put(page, "# UNIT %s %s\n", family->name, family->unit);
}

static void histogram_samples(struct page *page, const struct histogram *histogram,
                              const char *labels)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += counter_get(&histogram->buckets[i]);
        if (i < HISTOGRAM_BOUNDED)
            put(page, "%s_bucket{%s,le=\"%.9g\"} %" PRIu64 "\n", page->family->name, labels,
                (double)histogram_bound(i) / 1e9, count);
        else
            put(page, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", page->family->name, labels, count);
    }
    put(page, "%s_sum{%s} %.9f\n%s_count{%s} %" PRIu64 "\n", page->family->name, labels,
        (double)counter_get(&histogram->sum) / 1e9, page->family->name, labels, count);
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static void put_build(struct page *page)
{
    sample(page, 1, "version=\"" RINGMILL_VERSION "\"");
}

static void put_start(struct page *page)
{
    sample_seconds(page, (double)page->watch->started / 1e9, "");
}

static void put_generation(struct page *page)
{
    sample(page, page->watch->generation, "");
}

static void put_healthy(struct page *page)
{
    sample(page, health_good(&page->watch->health), "");
}

static void put_checks(struct page *page)
{
    char labels[LABELS_MAX];

    for (int check = 0; check < CHECKS; check++)
        sample(page, page->watch->health.reasons[check][0] == '\0',
               label(labels, "check", health_check_name((enum check)check)));
}

static void put_turns(struct page *page)
{
    sample(page, page->snapshot->turns, "");
}

static void put_naps(struct page *page)
{
    sample(page, page->snapshot->reader.naps, "");
}

static void put_wakeups(struct page *page)
{
    sample(page, page->snapshot->reader.wakeups, "");
}

/* ---- sources --------------------------------------------------------------------------------- */

/* The 64-bit number at the family's offset in a sight. */
static uint64_t picked(const struct page *page, const void *sight)
{
    uint64_t value;

    memcpy(&value, (const char *)sight + page->family->offset, sizeof(value));
    return value;
}

static void put_sources(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sources; i++) {
        const struct source_sight *sight = &page->snapshot->sources[i];

        sample(page, picked(page, sight), label(labels, "source", sight->source->source->name));
    }
}

static void put_busy(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sources; i++) {
        const struct source_sight *sight = &page->snapshot->sources[i];
        int64_t since = (int64_t)sight->ring.busy_since;

        sample_seconds(page, since ? (double)(page->snapshot->time - since) / 1e9 : 0,
                       label(labels, "source", sight->source->source->name));
    }
}

static void put_commit_latency(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sources; i++) {
        const struct graph_source *source = page->snapshot->sources[i].source;

        histogram_samples(page, &source->commit_latency,
                          label(labels, "source", source->source->name));
    }
}

/* ---- pipelines and handlers ------------------------------------------------------------------ */

static void put_books(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_pipelines; i++)
        for (int row = 0; row < BOOK_ROWS; row++) {
            const struct pipeline_sight *sight = &page->snapshot->pipelines[i];

            snprintf(labels, sizeof(labels), "pipeline=\"%s\",row=\"%s\"", sight->pipeline->name,
                     book_name((enum book)row));
            sample(page, sight->books.rows[row], labels);
        }
}

typedef void (*handler_sample)(struct page *page, const struct strand *strand, uint32_t index,
                               const char *labels);

static void each_handler(struct page *page, handler_sample of)
{
    const struct graph *graph = page->snapshot->graph;
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].n_strands; j++)
            for (uint32_t k = 0; k < graph->sources[i].strands[j].n_handlers; k++) {
                const struct strand *strand = &graph->sources[i].strands[j];

                snprintf(labels, sizeof(labels),
                         "pipeline=\"%s\",source=\"%s\",number=\"%u\",handler=\"%s\"",
                         graph->sources[i].pipelines[j]->name, graph->sources[i].source->name,
                         k + 1, strand->handlers[k]->ops->name);
                of(page, strand, k, labels);
            }
}

static void handler_in(struct page *page, const struct strand *strand, uint32_t index,
                       const char *labels)
{
    sample(page, strand_handler_in(strand, index), labels);
}

static void handler_out(struct page *page, const struct strand *strand, uint32_t index,
                        const char *labels)
{
    sample(page, counter_get(&strand->accounts[index].out), labels);
}

static void handler_clocked(struct page *page, const struct strand *strand, uint32_t index,
                            const char *labels)
{
    sample(page, counter_get(&strand->accounts[index].clocked), labels);
}

static void handler_time(struct page *page, const struct strand *strand, uint32_t index,
                         const char *labels)
{
    sample_seconds(page, (double)counter_get(&strand->accounts[index].ns) / 1e9, labels);
}

static void put_handler_in(struct page *page)
{
    each_handler(page, handler_in);
}

static void put_handler_out(struct page *page)
{
    each_handler(page, handler_out);
}

static void put_handler_clocked(struct page *page)
{
    each_handler(page, handler_clocked);
}

static void put_handler_time(struct page *page)
{
    each_handler(page, handler_time);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static void put_sinks(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sinks; i++) {
        const struct sink_sight *sight = &page->snapshot->sinks[i];

        sample(page, picked(page, sight), label(labels, "sink", sight->sink->name));
    }
}

static void put_ack_latency(struct page *page)
{
    char labels[LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sinks; i++) {
        const struct graph_sink *sink = page->snapshot->sinks[i].sink;

        histogram_samples(page, &sink->writer.ack_latency, label(labels, "sink", sink->name));
    }
}

/* ---- the API itself -------------------------------------------------------------------------- */

static void put_http_requests(struct page *page)
{
    char labels[LABELS_MAX];

    for (int kind = 0; kind < SERVER_KINDS; kind++) {
        const struct server_counts *counts = server_counts(page->server, (enum server_kind)kind);
        const struct {
            const char *end;
            uint64_t count;
        } ends[] = {{"answered", counts->answered},
                    {"refused", counts->refused},
                    {"malformed", counts->malformed},
                    {"crowded", counts->crowded},
                    {"expired", counts->expired}};

        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            snprintf(labels, sizeof(labels), "listener=\"%s\",end=\"%s\"",
                     server_kind_name((enum server_kind)kind), ends[i].end);
            sample(page, ends[i].count, labels);
        }
    }
}

static void put_http_open(struct page *page)
{
    char labels[LABELS_MAX];

    for (int kind = 0; kind < SERVER_KINDS; kind++)
        sample(page, server_counts(page->server, (enum server_kind)kind)->open,
               label(labels, "listener", server_kind_name((enum server_kind)kind)));
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct family families[] = {
    {"ringmill_build_info", GAUGE, "", "Always 1; the label says the version", put_build, 0},
    {"ringmill_start_time_seconds", GAUGE, "seconds", "When the daemon started, since 1970",
     put_start, 0},
    {"ringmill_config_generation", GAUGE, "", "Which config is in force; 1 is the first",
     put_generation, 0},
    {"ringmill_healthy", GAUGE, "", "1: all checks are good", put_healthy, 0},
    {"ringmill_check_good", GAUGE, "", "1: this check is good", put_checks, 0},
    {"ringmill_consumer_turns", COUNTER, "", "Rounds of the consumer thread over its rings",
     put_turns, 0},
    {"ringmill_consumer_naps", COUNTER, "", "Timed naps of the consumer thread", put_naps, 0},
    {"ringmill_consumer_wakeups", COUNTER, "", "Wake-ups of the consumer thread by the kernel",
     put_wakeups, 0},
    {"ringmill_source_produced", COUNTER, "",
     "Records that the kernel wrote or could not write: seen, discarded and lost", put_sources,
     offsetof(struct source_sight, produced)},
    {"ringmill_source_seen", COUNTER, "", "Records read from the ring", put_sources,
     offsetof(struct source_sight, ring.records)},
    {"ringmill_source_discarded", COUNTER, "", "Records that the BPF program took back itself",
     put_sources, offsetof(struct source_sight, ring.discards)},
    {"ringmill_source_lost", COUNTER, "", "Records that did not fit into the ring", put_sources,
     offsetof(struct source_sight, lost)},
    {"ringmill_source_read_bytes", COUNTER, "bytes", "Bytes of the records read", put_sources,
     offsetof(struct source_sight, ring.bytes)},
    {"ringmill_source_wakeups", COUNTER, "", "Wake-ups that the kernel sent for this ring",
     put_sources, offsetof(struct source_sight, ring.wakeups)},
    {"ringmill_source_ring_size_bytes", GAUGE, "bytes", "Size of the ring", put_sources,
     offsetof(struct source_sight, size)},
    {"ringmill_source_ring_used_bytes", GAUGE, "bytes", "Bytes in the ring and not committed",
     put_sources, offsetof(struct source_sight, used)},
    {"ringmill_source_ring_high_water_bytes", GAUGE, "bytes", "The most that was ever in the ring",
     put_sources, offsetof(struct source_sight, ring.high_water)},
    {"ringmill_source_head_busy_seconds", GAUGE, "seconds",
     "How long the oldest record has been reserved and not submitted; 0: it is not", put_busy, 0},
    {"ringmill_source_paused", GAUGE, "", "1: not read, because a sink has no room", put_sources,
     offsetof(struct source_sight, paused)},
    {"ringmill_source_commit_latency_seconds", HISTOGRAM, "seconds",
     "From the submit of a sampled batch's first record until the batch was committed",
     put_commit_latency, 0},
    {"ringmill_pipeline_records", COUNTER, "", "The books, row by row: what became of the records",
     put_books, 0},
    {"ringmill_handler_in", COUNTER, "", "Records that came to the handler", put_handler_in, 0},
    {"ringmill_handler_out", COUNTER, "", "Records that the handler let pass", put_handler_out, 0},
    {"ringmill_handler_clocked_records", COUNTER, "",
     "Records that came to the handler in sampled batches", put_handler_clocked, 0},
    {"ringmill_handler_clocked_seconds", COUNTER, "seconds", "Time that the handler took for those",
     put_handler_time, 0},
    {"ringmill_sink_forwarded", COUNTER, "", "Events put on the way to the sink", put_sinks,
     offsetof(struct sink_sight, forwarded)},
    {"ringmill_sink_delivered", COUNTER, "", "Events that the sink acknowledged", put_sinks,
     offsetof(struct sink_sight, delivered)},
    {"ringmill_sink_dropped", COUNTER, "", "Events given up on the way to the sink", put_sinks,
     offsetof(struct sink_sight, dropped)},
    {"ringmill_sink_in_flight", GAUGE, "", "Events on the way to the sink", put_sinks,
     offsetof(struct sink_sight, in_flight)},
    {"ringmill_sink_written_bytes", COUNTER, "bytes", "Bytes that the sink accepted", put_sinks,
     offsetof(struct sink_sight, bytes)},
    {"ringmill_sink_chunks", COUNTER, "", "Chunks that the sink accepted whole", put_sinks,
     offsetof(struct sink_sight, chunks)},
    {"ringmill_sink_errors", COUNTER, "", "Writes that failed", put_sinks,
     offsetof(struct sink_sight, errors)},
    {"ringmill_sink_queue_chunks", GAUGE, "", "Chunks that wait for the sink", put_sinks,
     offsetof(struct sink_sight, chunks_out)},
    {"ringmill_sink_queue_limit_chunks", GAUGE, "", "Chunks that there are", put_sinks,
     offsetof(struct sink_sight, chunks_limit)},
    {"ringmill_sink_up", GAUGE, "", "1: the last write was fine", put_sinks,
     offsetof(struct sink_sight, up)},
    {"ringmill_sink_acknowledge_latency_seconds", HISTOGRAM, "seconds",
     "From the submit of a sampled event until the sink had accepted its chunk", put_ack_latency,
     0},
    {"ringmill_http_connections", COUNTER, "", "Connections to this API, by how they ended",
     put_http_requests, 0},
    {"ringmill_http_open_connections", GAUGE, "", "Connections that are open", put_http_open, 0},
};

/* ---- what handlers and sinks bring ----------------------------------------------------------- */

/* Rows come handler by handler, but a family's samples must stand together: so the families are
 * found first, and then all is asked again for each of them. */
struct own_rows {
    struct page *page;
    const char *owner;       /* "handler" or "sink" */
    const char *kind;        /* "limit" */
    char labels[LABELS_MAX]; /* of the thing that is asked */
    struct family families[ROW_FAMILIES_MAX];
    char names[ROW_FAMILIES_MAX][FAMILY_NAME_MAX];
    uint32_t n_families;
    uint32_t wanted; /* the family to print; n_families: none */
};

static void family_name(const struct own_rows *own, const struct row *row,
                        char name[FAMILY_NAME_MAX])
{
    snprintf(name, FAMILY_NAME_MAX, "ringmill_%s_%s_%s%s%s", own->owner, own->kind, row->name,
             row->unit[0] ? "_" : "", row->unit);
}

static void find_family(void *data, const struct row *row, uint64_t value)
{
    struct own_rows *own = data;
    char name[FAMILY_NAME_MAX];

    (void)value;
    family_name(own, row, name);
    for (uint32_t i = 0; i < own->n_families; i++)
        if (strcmp(own->names[i], name) == 0)
            return;
    if (own->n_families == ROW_FAMILIES_MAX)
        return;
    memcpy(own->names[own->n_families], name, sizeof(name));
    own->families[own->n_families] = (struct family){own->names[own->n_families],
                                                     row->kind == ROW_COUNT ? COUNTER : GAUGE,
                                                     row->unit,
                                                     row->help,
                                                     NULL,
                                                     0};
    own->n_families++;
}

static void print_row(void *data, const struct row *row, uint64_t value)
{
    struct own_rows *own = data;
    char name[FAMILY_NAME_MAX];

    family_name(own, row, name);
    if (strcmp(own->names[own->wanted], name) == 0)
        sample(own->page, value, own->labels);
}

static void ask_handlers(struct own_rows *own, row_emit emit)
{
    const struct graph *graph = own->page->snapshot->graph;

    own->owner = "handler";
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].n_strands; j++)
            for (uint32_t k = 0; k < graph->sources[i].strands[j].n_handlers; k++) {
                const struct handler *handler = graph->sources[i].strands[j].handlers[k];

                if (!handler->ops->rows)
                    continue;
                snprintf(
                    own->labels, sizeof(own->labels), "pipeline=\"%s\",source=\"%s\",number=\"%u\"",
                    graph->sources[i].pipelines[j]->name, graph->sources[i].source->name, k + 1);
                own->kind = handler->ops->name;
                handler->ops->rows(handler, emit, own);
            }
}

static void ask_sinks(struct own_rows *own, row_emit emit)
{
    const struct graph *graph = own->page->snapshot->graph;

    own->owner = "sink";
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        const struct graph_sink *sink = &graph->sinks[i];

        if (!sink->ops->rows)
            continue;
        own->kind = sink->ops->name;
        label(own->labels, "sink", sink->name);
        sink->ops->rows(sink->sink, emit, own);
    }
}

static void put_own_rows(struct page *page)
{
    struct own_rows own = {.page = page};

    ask_handlers(&own, find_family);
    ask_sinks(&own, find_family);
    for (own.wanted = 0; own.wanted < own.n_families; own.wanted++) {
        page->family = &own.families[own.wanted];
        head(page);
        ask_handlers(&own, print_row);
        ask_sinks(&own, print_row);
    }
}

int metrics_write(const struct watch *watch, const struct server *server, bool open,
                  struct evbuffer *out)
{
    struct page page = {watch, &watch->snapshot, server, NULL, out, open, false};

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        page.family = &families[i];
        head(&page);
        families[i].samples(&page);
    }
    put_own_rows(&page);
    if (open)
        put(&page, "# EOF\n");
    return page.failed ? -ENOMEM : 0;
}
