// SPDX-License-Identifier: Apache-2.0

/* One row for each family, in the order in which they are printed; a row's function prints its
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

static void put_turns(struct page *page)
{
    page_sample(page, page->snapshot->turns, "");
}

static void put_naps(struct page *page)
{
    page_sample(page, page->snapshot->reader.naps, "");
}

static void put_wakeups(struct page *page)
{
    page_sample(page, page->snapshot->reader.wakeups, "");
}

/* ---- sources --------------------------------------------------------------------------------- */

/* The 64-bit number at the family's offset in what is printed. */
static uint64_t picked(const struct page *page, const void *counts)
{
    uint64_t value;

    memcpy(&value, (const char *)counts + page->family->offset, sizeof(value));
    return value;
}

static void put_streams(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_inputs; i++) {
        const struct input_snapshot *counts = &page->snapshot->streams[i];

        page_sample(page, picked(page, counts), page_stream_labels(labels, counts->input));
    }
}

/* What is not known has no sample. */
static void put_known_streams(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_inputs; i++) {
        const struct input_snapshot *counts = &page->snapshot->streams[i];

        if (counts->lost_known)
            page_sample(page, picked(page, counts), page_stream_labels(labels, counts->input));
    }
}

static void put_resets(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_inputs; i++) {
        const struct input_snapshot *counts = &page->snapshot->streams[i];

        if (counts->input->stream->counted)
            page_sample(page, counts->resets, page_stream_labels(labels, counts->input));
    }
}

static void put_skipped(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sources; i++) {
        const struct source_snapshot *counts = &page->snapshot->sources[i];

        if (counts->skips_known)
            page_sample(page, counts->skipped,
                        page_label(labels, "source", counts->entry->source->name));
    }
}

static void put_rings(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_rings; i++) {
        const struct ring_snapshot *counts = &page->snapshot->rings[i];

        page_sample(page, picked(page, counts), page_ring_labels(labels, counts->ring));
    }
}

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

static void put_sinks(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sinks; i++) {
        const struct sink_snapshot *counts = &page->snapshot->sinks[i];

        page_sample(page, picked(page, counts), page_label(labels, "sink", counts->sink->name));
    }
}

static void put_ack_latency(struct page *page)
{
    char labels[PAGE_LABELS_MAX];

    for (uint32_t i = 0; i < page->snapshot->graph->n_sinks; i++) {
        const struct graph_sink *sink = page->snapshot->sinks[i].sink;

        page_histogram(page, &sink->writer.ack_latency, page_label(labels, "sink", sink->name));
    }
}

/* ---- names of ids ---------------------------------------------------------------------------- */

static void put_resolver(struct page *page)
{
    struct resolver_counts counts;

    resolver_count(page->snapshot->graph->common->resolver, &counts);
    page_sample(page, picked(page, &counts), "");
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

/* ---- the table ------------------------------------------------------------------------------- */

static const struct family families[] = {
    {"ringmill_build_info", GAUGE, "", "Always 1; the label version is the version", put_build, 0},
    {"ringmill_start_time_seconds", GAUGE, "seconds", "Start time of the daemon, since 1970",
     put_start, 0},
    {"ringmill_config_generation", GAUGE, "", "Number of the active config; 1 is the first",
     put_generation, 0},
    {"ringmill_reloads_failed", COUNTER, "",
     "Reloads that failed, after which the previous config stayed active", put_reloads_failed, 0},
    {"ringmill_log_dropped_lines", COUNTER, "",
     "Log lines dropped because standard error or the journal did not accept them", put_log_dropped,
     0},
    {"ringmill_healthy", GAUGE, "", "1: all health checks pass", put_healthy, 0},
    {"ringmill_check_good", GAUGE, "", "1: this health check passes", put_checks, 0},
    {"ringmill_consumer_turns", COUNTER, "", "Rounds of the consumer thread over its rings",
     put_turns, 0},
    {"ringmill_consumer_naps", COUNTER, "", "Timed sleeps of the consumer thread", put_naps, 0},
    {"ringmill_consumer_wakeups", COUNTER, "", "Wake-ups of the consumer thread by the kernel",
     put_wakeups, 0},
    {"ringmill_source_produced", COUNTER, "",
     "Records that the kernel wrote or could not write: seen, discarded and lost",
     put_known_streams, offsetof(struct input_snapshot, produced)},
    {"ringmill_source_seen", COUNTER, "", "Records read from the ring", put_rings,
     offsetof(struct ring_snapshot, counters.records)},
    {"ringmill_source_discarded", COUNTER, "", "Records that the BPF program discarded itself",
     put_rings, offsetof(struct ring_snapshot, counters.discards)},
    {"ringmill_source_lost", COUNTER, "",
     "Records that did not fit into the ring, or are missing in its sequence; no sample: unknown",
     put_known_streams, offsetof(struct input_snapshot, lost)},
    {"ringmill_source_lost_resets", COUNTER, "",
     "Times that another program set the counter of lost records", put_resets, 0},
    {"ringmill_source_skipped", COUNTER, "",
     "Runs of the source's programs that the kernel skipped; no sample: unknown", put_skipped, 0},
    {"ringmill_source_unknown_type", COUNTER, "", "Records of an unknown type", put_streams,
     offsetof(struct input_snapshot, unknown)},
    {"ringmill_source_held_up", COUNTER, "",
     "Times that reading the source paused until more was acknowledged (max_unacked)", put_streams,
     offsetof(struct input_snapshot, held_up)},
    {"ringmill_source_long_records", COUNTER, "", "Records longer than their type", put_streams,
     offsetof(struct input_snapshot, long_records)},
    {"ringmill_source_trailing_bytes", COUNTER, "bytes",
     "Bytes of records after the end of their type", put_streams,
     offsetof(struct input_snapshot, long_bytes)},
    {"ringmill_source_read_bytes", COUNTER, "bytes", "Bytes of the records read", put_rings,
     offsetof(struct ring_snapshot, counters.bytes)},
    {"ringmill_source_wakeups", COUNTER, "", "Wake-ups that the kernel sent for this ring",
     put_rings, offsetof(struct ring_snapshot, counters.wakeups)},
    {"ringmill_source_ring_size_bytes", GAUGE, "bytes", "Size of the ring", put_rings,
     offsetof(struct ring_snapshot, size)},
    {"ringmill_source_ring_used_bytes", GAUGE, "bytes", "Bytes in the ring and not committed",
     put_rings, offsetof(struct ring_snapshot, used)},
    {"ringmill_source_ring_high_water_bytes", GAUGE, "bytes",
     "Maximum of the bytes in the ring since the start", put_rings,
     offsetof(struct ring_snapshot, high_water)},
    {"ringmill_source_head_busy_seconds", GAUGE, "seconds",
     "How long the oldest record has been reserved and not submitted; 0: no such record", put_busy,
     0},
    {"ringmill_source_paused", GAUGE, "", "1: not read, because a sink has no room", put_rings,
     offsetof(struct ring_snapshot, paused)},
    {"ringmill_source_commit_latency_seconds", HISTOGRAM, "seconds",
     "From the submit of a sampled batch's first record until the batch was committed",
     put_commit_latency, 0},
    {"ringmill_pipeline_records", COUNTER, "", "The books: records by outcome", put_books, 0},
    {"ringmill_handler_in", COUNTER, "", "Records that reached the handler", put_handler_in, 0},
    {"ringmill_handler_out", COUNTER, "", "Records that passed the handler", put_handler_out, 0},
    {"ringmill_handler_clocked_records", COUNTER, "",
     "Records that reached the handler in sampled batches", put_handler_clocked, 0},
    {"ringmill_handler_clocked_seconds", COUNTER, "seconds",
     "Time that the handler took for the records of sampled batches", put_handler_time, 0},
    {"ringmill_handler_slow_batches", COUNTER, "",
     "Batches that the handler held for longer than its budget", put_handler_slow, 0},
    {"ringmill_sink_forwarded", COUNTER, "", "Events forwarded to the sink", put_sinks,
     offsetof(struct sink_snapshot, forwarded)},
    {"ringmill_sink_delivered", COUNTER, "", "Events that the sink acknowledged", put_sinks,
     offsetof(struct sink_snapshot, delivered)},
    {"ringmill_sink_dropped", COUNTER, "", "Events dropped before the sink acknowledged them",
     put_sinks, offsetof(struct sink_snapshot, dropped)},
    {"ringmill_sink_in_flight", GAUGE, "",
     "Events forwarded to the sink and not yet delivered or dropped", put_sinks,
     offsetof(struct sink_snapshot, in_flight)},
    {"ringmill_sink_written_bytes", COUNTER, "bytes", "Bytes that the sink accepted", put_sinks,
     offsetof(struct sink_snapshot, bytes)},
    {"ringmill_sink_chunks", COUNTER, "", "Chunks that the sink accepted completely", put_sinks,
     offsetof(struct sink_snapshot, chunks)},
    {"ringmill_sink_errors", COUNTER, "", "Writes that failed", put_sinks,
     offsetof(struct sink_snapshot, errors)},
    {"ringmill_sink_queue_chunks", GAUGE, "", "Chunks that wait for the sink", put_sinks,
     offsetof(struct sink_snapshot, chunks_out)},
    {"ringmill_sink_queue_limit_chunks", GAUGE, "", "Chunks that the queue of the sink can hold",
     put_sinks, offsetof(struct sink_snapshot, chunks_limit)},
    {"ringmill_sink_up", GAUGE, "", "1: the last write succeeded", put_sinks,
     offsetof(struct sink_snapshot, up)},
    {"ringmill_sink_acknowledge_latency_seconds", HISTOGRAM, "seconds",
     "From the submit of a sampled event until the sink had accepted its chunk", put_ack_latency,
     0},
    {"ringmill_resolver_hits", COUNTER, "", "Ids of records whose name was known", put_resolver,
     offsetof(struct resolver_counts, hits)},
    {"ringmill_resolver_unresolved", COUNTER, "",
     "Ids of records whose name was unknown or not yet resolved", put_resolver,
     offsetof(struct resolver_counts, unresolved)},
    {"ringmill_resolver_dropped", COUNTER, "", "Name lookups dropped because the queue was full",
     put_resolver, offsetof(struct resolver_counts, dropped)},
    {"ringmill_resolver_evicted", COUNTER, "", "Names evicted to make room for others",
     put_resolver, offsetof(struct resolver_counts, evicted)},
    {"ringmill_resolver_names", GAUGE, "", "Ids in the cache, with or without a name", put_resolver,
     offsetof(struct resolver_counts, names)},
    {"ringmill_http_connections", COUNTER, "", "Connections to this API, by how they ended",
     put_http_requests, 0},
    {"ringmill_http_open_connections", GAUGE, "", "Open connections to this API", put_http_open, 0},
    {"ringmill_http_accept_pauses", COUNTER, "",
     "Pauses of a listener that could not accept a connection", put_http_pauses, 0},
};

int metrics_write(const struct watch *watch, const struct server *server, bool open,
                  struct evbuffer *out)
{
    struct page page = {watch, &watch->snapshot, server, NULL, out, open, false};

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        page.family = &families[i];
        page_head(&page);
        families[i].samples(&page);
    }
    page_put_rows(&page);
    page_put_exposed(&page);
    if (open)
        page_put(&page, "# EOF\n");
    return page.failed ? -ENOMEM : 0;
}
