// SPDX-License-Identifier: Apache-2.0

/* The figures on one line come from different counters wherever they can, so that an equation that
 * holds says something: what the rings gave is counted by the reader, what became of it by the
 * chains, what left by the lanes. */

#include "control/books_report.h"

#include <inttypes.h>
#include <string.h>

#include "control/counters.h"
#include "control/snapshot.h"

static bool complain(FILE *file, const char *what, const char *name, const char *why)
{
    fprintf(file, "the books of %s %s do not balance: %s\n", what, name, why);
    return false;
}

static bool read_source(const void *data, const struct counter_row *row, uint64_t *ret)
{
    const struct source_snapshot *source = data;

    if (row->owner == COUNTER_OF_SOURCE)
        return counter_read(row, source, ret);
    if (row->owner == COUNTER_OF_RING)
        return counter_read(row, &source->rings, ret);
    return counter_read(row, &source->inputs, ret);
}

static bool read_sink(const void *data, const struct counter_row *row, uint64_t *ret)
{
    return counter_read(row, data, ret);
}

/* Where the figure of lost records is not all that could be known. */
static void report_doubts(const struct source_snapshot *counts, FILE *file)
{
    const struct source *source = counts->entry->source;

    if (counts->inputs.resets > 0)
        fprintf(file,
                "source %s: another program set the counter of lost records, so losses just before "
                "that are unknown; times: %" PRIu64 "\n",
                source->name, counts->inputs.resets);
    for (uint32_t i = 0; i < source->n_streams; i++)
        if (input_is_numbered(&counts->entry->inputs[i])) {
            fprintf(file,
                    "source %s: lost counts the gaps in the sequence; losses after the last record "
                    "are unknown\n",
                    source->name);
            return;
        }
}

static bool report_source(const struct source_snapshot *counts, FILE *file)
{
    const char *name = counts->entry->source->name;

    fprintf(file, "source %s: ", name);
    counters_print_books(COUNTER_OF_LOSS, COUNTER_OF_SOURCE, read_source, counts, file);
    fputc('\n', file);
    report_doubts(counts, file);
    return !counts->disagrees ||
           complain(file, "source", name, "a pipeline saw a different number of records");
}

static bool report_pipeline(const struct pipeline_snapshot *counts, FILE *file)
{
    const struct book_totals *totals = &counts->books;

    fprintf(file, "pipeline %s:", counts->pipeline->name);
    for (int row = 0; row < BOOK_ROWS; row++) {
        const char *before = row == 0 ? " " : row == BOOK_FIRST_OUT ? " = " : " + ";

        fprintf(file, "%s%s %" PRIu64, before, book_name((enum book)row), totals->rows[row]);
    }
    fputc('\n', file);
    return books_balance(totals) ||
           complain(file, "pipeline", counts->pipeline->name, "a record was counted 0 or 2 times");
}

static bool report_sink(const struct sink_snapshot *counts, FILE *file)
{
    fprintf(file, "sink %s: ", counts->sink->name);
    counters_print_books(COUNTER_OF_SINK, COUNTER_OF_QUEUE, read_sink, counts, file);
    fputc('\n', file);
    return counts->in_flight == 0 ||
           complain(file, "sink", counts->sink->name, "events are still in flight");
}

static bool report_transfer(const struct snapshot *snapshot, FILE *file)
{
    const struct graph *graph = snapshot->graph;
    uint64_t put_in = graph->past_forwarded, arrived = graph->past_arrived;

    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        put_in += snapshot->pipelines[i].books.rows[BOOK_FORWARDED];
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        arrived += snapshot->sinks[i].forwarded;
    return put_in == arrived ||
           complain(file, "all", "sinks",
                    "they received a different number of events than the pipelines forwarded");
}

bool report_books(const struct graph *graph, FILE *file)
{
    struct snapshot snapshot;
    bool balanced = true;

    if (snapshot_init(&snapshot, graph) < 0) {
        fputs("out of memory: the books cannot be printed\n", file);
        return false;
    }
    snapshot_take_graph(&snapshot);
    for (uint32_t i = 0; i < graph->n_sources; i++)
        balanced &= report_source(&snapshot.sources[i], file);
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        balanced &= report_pipeline(&snapshot.pipelines[i], file);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        balanced &= report_sink(&snapshot.sinks[i], file);
    balanced &= report_transfer(&snapshot, file);
    snapshot_deinit(&snapshot);
    return balanced;
}
