// SPDX-License-Identifier: Apache-2.0

/* Families of counters are rows of control/counters.c; of the others, a function prints the
 * samples. What belongs to one ring has a sample for each; what is known of a stream only, whose
 * shards may be several rings, has one for that. Label values are names of the config, which have
 * no characters that would have to be escaped (see name_is_plain() in pipeline/build.c), words of
 * ours, or names of rings, which page.c escapes. */

#include "control/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/resolver.h"
#include "control/page.h"
#include "pipeline/engine.h"

/* ---- the daemon ------------------------------------------------------------------------------ */

static void put_build(struct page *page)
{
    page_sample(page, 1, "version=\"" RINGMILL_VERSION "\"");
}

static void put_start(struct page *page)
{
    page_sample_seconds(page, (double)page->watch->started / 1e9, "");
}

static void put_reloads_failed(struct page *page)
{
    page_sample(page, page->watch->reloads_failed, "");
}

static void put_generation(struct page *page)
{
    page_sample(page, page->watch->generation, "");
}

static void put_log_dropped(struct page *page)
{
    page_sample(page, log_dropped(), "");
}

static void put_healthy(struct page *page)
{
    page_sample(page, health_good(&page->watch->health), "");
}

static void put_checks(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (int check = 0; check < CHECKS; check++)
        if (!health_unknown(&page->watch->health, (enum check)check))
            page_sample(page, page->watch->health.reasons[check][0] == '\0',
                        page_label(labels, "check", health_check_name((enum check)check)));
}

/* ---- rings ----------------------------------------------------------------------------------- */

static void put_busy(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_rings; i++) {
        const struct ring_snapshot *counts = &page->snapshot->rings[i];
        int64_t since = (int64_t)counts->busy_since;

        page_sample_seconds(page, since ? (double)(page->snapshot->time - since) / 1e9 : 0,
                            page_ring_labels(labels, counts->ring));
    }
}

static void put_commit_latency(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_rings; i++) {
        const struct input_ring *ring = page->snapshot->rings[i].ring;

        page_histogram(page, &ring->commit_latency, page_ring_labels(labels, ring));
    }
}

/* ---- pipelines and handlers ------------------------------------------------------------------ */

static void put_books(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_pipelines; i++)
        for (int row = 0; row < BOOK_ROWS; row++) {
            const struct pipeline_snapshot *counts = &page->snapshot->pipelines[i];

            snprintf(labels, sizeof(labels), "pipeline=\"%s\",row=\"%s\"", counts->pipeline->name,
                     book_name((enum book)row));
            page_sample(page, counts->books.rows[row], labels);
        }
}

typedef void (*handler_sample)(struct page *page, const struct chain *chain, uint32_t index,
                               const char *labels);

static void each_handler(struct page *page, handler_sample of)
{
    const struct graph *graph = page->snapshot->graph;
    char labels[PAGE_LABELS_MAX], name[CHAIN_NAME_MAX];

    for (uint32_t i = 0; i < graph->n_chains; i++)
        for (uint32_t j = 0; j < graph->chains[i]->n_handlers; j++) {
            const struct chain *chain = graph->chains[i];

            page_handler_labels(labels, graph->chains[i], j);
            page_label_add(labels, "handler", chain_handler_name(chain, j, name));
            of(page, chain, j, labels);
        }
}

static void handler_in(struct page *page, const struct chain *chain, uint32_t index,
                       const char *labels)
{
    page_sample(page, chain_handler_in(chain, index), labels);
}

static void handler_out(struct page *page, const struct chain *chain, uint32_t index,
                        const char *labels)
{
    page_sample(page, counter_get(&chain->accounts[index].out), labels);
}

static void handler_clocked(struct page *page, const struct chain *chain, uint32_t index,
                            const char *labels)
{
    page_sample(page, counter_get(&chain->accounts[index].clocked), labels);
}

static void handler_time(struct page *page, const struct chain *chain, uint32_t index,
                         const char *labels)
{
    page_sample_seconds(page, (double)counter_get(&chain->accounts[index].ns) / 1e9, labels);
}

static void handler_slow(struct page *page, const struct chain *chain, uint32_t index,
                         const char *labels)
{
    page_sample(page, counter_get(&chain->accounts[index].slow), labels);
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

static void put_handler_slow(struct page *page)
{
    each_handler(page, handler_slow);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static void put_ack_latency(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sinks; i++) {
        const struct graph_sink *sink = page->snapshot->sinks[i].sink;

        page_histogram(page, &sink->writer.ack_latency, page_label(labels, "sink", sink->name));
    }
}

/* ---- the API itself -------------------------------------------------------------------------- */

static void put_http_requests(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (int kind = 0; kind < SERVER_KINDS; kind++) {
        const struct server_counts *counts = server_counts(page->server, (enum server_kind)kind);
        const struct {
            const char *end;
            uint64_t count;
        } ends[] = {{"answered", counts->answered},   {"refused", counts->refused},
                    {"malformed", counts->malformed}, {"left", counts->left},
                    {"crowded", counts->crowded},     {"expired", counts->expired}};

        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            snprintf(labels, sizeof(labels), "listener=\"%s\",end=\"%s\"",
                     server_kind_name((enum server_kind)kind), ends[i].end);
            page_sample(page, ends[i].count, labels);
        }
    }
}

static void put_http_open(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (int kind = 0; kind < SERVER_KINDS; kind++)
        page_sample(page, server_counts(page->server, (enum server_kind)kind)->open,
                    page_label(labels, "listener", server_kind_name((enum server_kind)kind)));
}

static void put_http_pauses(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (int kind = 0; kind < SERVER_KINDS; kind++)
        page_sample(page, server_counts(page->server, (enum server_kind)kind)->paused,
                    page_label(labels, "listener", server_kind_name((enum server_kind)kind)));
}

/* ---- counters -------------------------------------------------------------------------------- */

/* What is not known has no sample. */
static void put_if_known(struct page *page, const struct counter_row *row, const void *owner,
                         const char *labels)
{
    uint64_t value;

    if (counter_read(row, owner, &value))
        page_sample(page, value, labels);
}

static void put_row(struct page *page, const struct counter_row *row)
{
    const struct snapshot *snapshot = page->snapshot;
    const struct graph *graph = snapshot->graph;
    struct resolver_counts names;
    char labels[PAGE_LABELS_MAX];

    switch (row->owner) {
    case COUNTER_OF_CONSUMER:
        put_if_known(page, row, snapshot, "");
        break;
    case COUNTER_OF_LOSS:
    case COUNTER_OF_INPUT:
    case COUNTER_OF_STOP:
        for (uint32_t i = 0; i < graph->n_inputs; i++)
            put_if_known(page, row, &snapshot->inputs[i],
                         page_stream_labels(labels, snapshot->inputs[i].input));
        break;
    case COUNTER_OF_RING:
    case COUNTER_OF_RING_SPACE:
        for (uint32_t i = 0; i < graph->n_rings; i++)
            put_if_known(page, row, &snapshot->rings[i],
                         page_ring_labels(labels, snapshot->rings[i].ring));
        break;
    case COUNTER_OF_SOURCE:
        for (uint32_t i = 0; i < graph->n_sources; i++)
            put_if_known(page, row, &snapshot->sources[i],
                         page_label(labels, "source", snapshot->sources[i].entry->source->name));
        break;
    case COUNTER_OF_SINK:
    case COUNTER_OF_QUEUE:
        for (uint32_t i = 0; i < graph->n_sinks; i++)
            put_if_known(page, row, &snapshot->sinks[i],
                         page_label(labels, "sink", snapshot->sinks[i].sink->name));
        break;
    case COUNTER_OF_RESOLVER:
        resolver_count(graph->common->resolver, &names);
        put_if_known(page, row, &names, "");
        break;
    }
}

static void put_counters(struct page *page, enum counter_owner first, enum counter_owner last)
{
    for (const struct counter_row *row = counter_rows; row->key || row->family.name; row++) {
        if (!row->family.name || row->owner < first || row->owner > last)
            continue;
        page->family = &row->family;
        page_head(page);
        put_row(page, row);
    }
}

/* ---- other families -------------------------------------------------------------------------- */

struct made_family {
    struct family family;
    void (*samples)(struct page *page);
};

static const struct made_family daemon_families[] = {
    {{"ringmill_build_info", GAUGE, "", "Always 1; the label version is the version"}, put_build},
    {{"ringmill_start_time_seconds", GAUGE, "seconds", "Start time of the daemon, since 1970"},
     put_start},
    {{"ringmill_config_generation", GAUGE, "", "Number of the active config; 1 is the first"},
     put_generation},
    {{"ringmill_reloads_failed", COUNTER, "",
      "Reloads that failed, after which the previous config stayed active"},
     put_reloads_failed},
    {{"ringmill_log_dropped_lines", COUNTER, "",
      "Log lines dropped because standard error or the journal did not accept them"},
     put_log_dropped},
    {{"ringmill_healthy", GAUGE, "", "1: all health checks pass"}, put_healthy},
    {{"ringmill_check_good", GAUGE, "", "1: this health check passes"}, put_checks},
    {{0}, NULL},
};

static const struct made_family record_families[] = {
    {{"ringmill_source_head_busy_seconds", GAUGE, "seconds",
      "How long the oldest record has been reserved and not submitted; 0: no such record"},
     put_busy},
    {{"ringmill_source_commit_latency_seconds", HISTOGRAM, "seconds",
      "From the submit of a sampled batch's first record until the batch was committed"},
     put_commit_latency},
    {{"ringmill_pipeline_records", COUNTER, "", "The books: records by outcome"}, put_books},
    {{"ringmill_handler_in", COUNTER, "", "Records that reached the handler"}, put_handler_in},
    {{"ringmill_handler_out", COUNTER, "", "Records that passed the handler"}, put_handler_out},
    {{"ringmill_handler_clocked_records", COUNTER, "",
      "Records that reached the handler in sampled batches"},
     put_handler_clocked},
    {{"ringmill_handler_clocked_seconds", COUNTER, "seconds",
      "Time that the handler took for the records of sampled batches"},
     put_handler_time},
    {{"ringmill_handler_slow_batches", COUNTER, "",
      "Batches that the handler held for longer than its budget"},
     put_handler_slow},
    {{0}, NULL},
};

static const struct made_family sink_families[] = {
    {{"ringmill_sink_acknowledge_latency_seconds", HISTOGRAM, "seconds",
      "From the submit of a sampled event until the sink had accepted its chunk"},
     put_ack_latency},
    {{0}, NULL},
};

static const struct made_family api_families[] = {
    {{"ringmill_http_connections", COUNTER, "", "Connections to this API, by how they ended"},
     put_http_requests},
    {{"ringmill_http_open_connections", GAUGE, "", "Open connections to this API"}, put_http_open},
    {{"ringmill_http_accept_pauses", COUNTER, "",
      "Pauses of a listener that could not accept a connection"},
     put_http_pauses},
    {{0}, NULL},
};

static void put_families(struct page *page, const struct made_family *families)
{
    for (; families->samples; families++) {
        page->family = &families->family;
        page_head(page);
        families->samples(page);
    }
}

int metrics_write(const struct watch *watch, const struct server *server, bool open,
                  struct evbuffer *out)
{
    struct page page = {watch, &watch->snapshot, server, NULL, out, open, false};

    put_families(&page, daemon_families);
    put_counters(&page, COUNTER_OF_CONSUMER, COUNTER_OF_CONSUMER);
    put_counters(&page, COUNTER_OF_LOSS, COUNTER_OF_SOURCE);
    put_families(&page, record_families);
    put_counters(&page, COUNTER_OF_SINK, COUNTER_OF_QUEUE);
    put_families(&page, sink_families);
    put_counters(&page, COUNTER_OF_RESOLVER, COUNTER_OF_RESOLVER);
    put_families(&page, api_families);
    page_put_rows(&page);
    page_put_exposed(&page);
    if (open)
        page_put(&page, "# EOF\n");
    return page.failed ? -ENOMEM : 0;
}
