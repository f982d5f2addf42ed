// SPDX-License-Identifier: Apache-2.0

/* The figures on one line come from different counters wherever they can, so that an equation that
 * holds says something: what the rings gave is counted by the reader, what became of it by the
 * chains, what left by the lanes. */

#include "pipeline/books_report.h"

#include <inttypes.h>
#include <ringmill/ring.h>

static bool complain(FILE *file, const char *what, const char *name, const char *why)
{
    fprintf(file, "the books of %s %s do not balance: %s\n", what, name, why);
    return false;
}

enum { FIGURE_MAX = 24 };

static const char *figure(char text[FIGURE_MAX], bool known, uint64_t number)
{
    if (!known)
        return "unknown";
    snprintf(text, FIGURE_MAX, "%" PRIu64, number);
    return text;
}

/* Where the figure of lost records is not all that could be known. */
static void report_doubts(const struct source_entry *entry, uint64_t resets, FILE *file)
{
    const char *name = entry->source->name;

    if (resets > 0)
        fprintf(file,
                "source %s: another program set the counter of lost records, so losses just before "
                "that are unknown; times: %" PRIu64 "\n",
                name, resets);
    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        if (input_is_numbered(&entry->inputs[i])) {
            fprintf(file,
                    "source %s: lost counts the gaps in the sequence; losses after the last record "
                    "are unknown\n",
                    name);
            return;
        }
}

static bool report_source(const struct source_entry *entry, FILE *file)
{
    const struct source *of = entry->source;
    bool known = source_entry_knows_lost(entry), all_read = true;
    uint64_t seen = 0, discarded = 0, lost = 0, unread = 0, resets = 0;
    char sum[FIGURE_MAX], part[FIGURE_MAX], skipped[FIGURE_MAX], rest[FIGURE_MAX + 16] = "";

    for (uint32_t i = 0; i < of->n_streams; i++) {
        lost += input_lost(&entry->inputs[i]);
        unread += entry->inputs[i].unread;
        all_read &= !entry->inputs[i].unread_unknown;
        resets += entry->inputs[i].lost_resets;
        for (uint32_t j = 0; j < entry->inputs[i].n_rings; j++) {
            struct ringmill_counters ring;

            ringmill_ring_counters(entry->inputs[i].rings[j]->handle, &ring);
            seen += ring.records;
            discarded += ring.discards;
        }
    }
    if (unread > 0 || !all_read)
        snprintf(rest, sizeof(rest), " + unread %s", figure(part, all_read, unread));
    fprintf(file,
            "source %s: produced %s = seen %" PRIu64 " + discarded %" PRIu64
            " + lost %s%s; skipped %s\n",
            of->name, figure(sum, known && all_read, seen + discarded + lost + unread), seen,
            discarded, figure(part, known, lost), rest,
            figure(skipped, entry->skips_known, entry->skipped));
    report_doubts(entry, resets, file);
    return !source_entry_find_wrong_count(entry, seen) ||
           complain(file, "source", of->name, "a pipeline saw a different number of records");
}

static bool report_pipeline(const struct graph *graph, const struct graph_pipeline *pipeline,
                            FILE *file)
{
    struct book_totals totals;

    graph_books(graph, pipeline, &totals);
    fprintf(file, "pipeline %s:", pipeline->name);
    for (int row = 0; row < BOOK_ROWS; row++) {
        const char *before = row == 0 ? " " : row == BOOK_FIRST_OUT ? " = " : " + ";

        fprintf(file, "%s%s %" PRIu64, before, book_name((enum book)row), totals.rows[row]);
    }
    fputc('\n', file);
    return books_balance(&totals) ||
           complain(file, "pipeline", pipeline->name, "a record was counted 0 or 2 times");
}

static bool report_sink(const struct graph_sink *sink, FILE *file)
{
    uint64_t in_flight = lane_in_flight(&sink->lane);

    fprintf(file,
            "sink %s: forwarded %" PRIu64 " = delivered %" PRIu64 " + dropped %" PRIu64
            " + in_flight %" PRIu64 "\n",
            sink->name, counter_get(&sink->lane.forwarded), counter_get(&sink->lane.delivered),
            lane_dropped(&sink->lane), in_flight);
    return in_flight == 0 || complain(file, "sink", sink->name, "events are still in flight");
}

static bool report_transfer(const struct graph *graph, FILE *file)
{
    uint64_t put_in = graph->past_forwarded, arrived = graph->past_arrived;

    for (uint32_t i = 0; i < graph->n_pipelines; i++) {
        struct book_totals totals;

        graph_books(graph, &graph->pipelines[i], &totals);
        put_in += totals.rows[BOOK_FORWARDED];
    }
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        arrived += counter_get(&graph->sinks[i]->lane.forwarded);
    return put_in == arrived ||
           complain(file, "all", "sinks",
                    "they received a different number of events than the pipelines forwarded");
}

bool report_books(const struct graph *graph, FILE *file)
{
    bool balanced = true;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        balanced &= report_source(&graph->sources[i], file);
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        balanced &= report_pipeline(graph, &graph->pipelines[i], file);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        balanced &= report_sink(graph->sinks[i], file);
    return balanced & report_transfer(graph, file);
}
