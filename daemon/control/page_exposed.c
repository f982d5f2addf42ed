// SPDX-License-Identifier: Apache-2.0

/* The samples of a family must be consecutive, and one entry of the config can be several handlers,
 * one for each source: so each family is printed where it comes first, with the samples of all. The
 * config was checked to give no name twice. */

#include "control/page.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "encode/float_text.h"
#include "pipeline/engine.h"

struct printer {
    struct page *page;
    const struct metric *metric;
    char labels[PAGE_LABELS_MAX]; /* of the chain */
};

static const char *number_text(double number, char out[FLOAT_TEXT_MAX + 1])
{
    if (isfinite(number))
        *float_text_put(out, number) = '\0';
    else
        strcpy(out, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
    return out;
}

/* bound: of a bucket; "" elsewhere. */
static void put_name(const struct printer *printer, const char *suffix,
                     const struct metric_sample *sample, const char *bound)
{
    page_put(printer->page, "%s%s{%s%s%s%s%s%s} ", printer->metric->name, suffix, printer->labels,
             sample->labels[0] ? "," : "", sample->labels, bound[0] ? ",le=\"" : "", bound,
             bound[0] ? "\"" : "");
}

static void put_histogram(const struct printer *printer, const struct metric_sample *sample)
{
    const struct metric *metric = printer->metric;
    char text[FLOAT_TEXT_MAX + 1];
    uint64_t count = 0;

    for (uint32_t i = 0; i <= metric->n_bounds; i++) {
        count += sample->counts[i];
        put_name(printer, "_bucket", sample,
                 number_text(i < metric->n_bounds ? metric->bounds[i] : INFINITY, text));
        page_put(printer->page, "%" PRIu64 "\n", count);
    }
    if (!isnan(sample->number)) {
        put_name(printer, "_sum", sample, "");
        page_put(printer->page, "%s\n", number_text(sample->number, text));
        put_name(printer, "_count", sample, "");
        page_put(printer->page, "%" PRIu64 "\n", count);
    }
}

static void put_sample(void *data, const struct metric_sample *sample)
{
    const struct printer *printer = data;
    char text[FLOAT_TEXT_MAX + 1];

    if (printer->metric->kind == METRIC_HISTOGRAM) {
        put_histogram(printer, sample);
        return;
    }
    put_name(printer, printer->metric->kind == METRIC_COUNTER ? "_total" : "", sample, "");
    if (sample->whole)
        page_put(printer->page, "%" PRIu64 "\n", sample->integer);
    else
        page_put(printer->page, "%s\n", number_text(sample->number, text));
}

typedef bool (*metric_visit)(void *data, const struct chain *chain, const struct handler *handler,
                             uint32_t metric);

/* All metrics of all handlers, until a visit says false. */
static void visit_all(const struct graph *graph, metric_visit visit, void *data)
{
    for (uint32_t i = 0; i < graph->n_chains; i++)
        for (uint32_t j = 0; j < graph->chains[i]->n_handlers; j++) {
            const struct handler *handler = graph->chains[i]->handlers[j];

            for (uint32_t metric = 0; metric < handler->n_metrics; metric++)
                if (!visit(data, graph->chains[i], handler, metric))
                    return;
        }
}

static bool put_if_named(void *data, const struct chain *chain, const struct handler *handler,
                         uint32_t metric)
{
    struct printer *printer = data;

    if (strcmp(handler->metrics[metric].name, printer->metric->name) == 0) {
        page_type_labels(printer->labels, chain->type);
        handler->ops->samples(handler, metric, put_sample, printer);
    }
    return true;
}

/* Gives the first of the name. */
static bool find_first(void *data, const struct chain *chain, const struct handler *handler,
                       uint32_t metric)
{
    const struct metric **wanted = data;

    (void)chain;
    if (strcmp(handler->metrics[metric].name, (*wanted)->name) != 0)
        return true;
    *wanted = &handler->metrics[metric];
    return false;
}

static bool put_family(void *data, const struct chain *chain, const struct handler *handler,
                       uint32_t metric)
{
    struct page *page = data;
    static const enum family_type types[] = {[METRIC_COUNTER] = COUNTER,
                                             [METRIC_GAUGE] = GAUGE,
                                             [METRIC_SUMMARY] = SUMMARY,
                                             [METRIC_HISTOGRAM] = HISTOGRAM};
    const struct metric *own = &handler->metrics[metric], *first = own;
    const struct family family = {
        .name = own->name,
        .type = types[own->kind],
        .unit = own->unit,
        .help = own->help,
    };
    struct printer printer = {.page = page, .metric = own};

    (void)chain;
    visit_all(page->snapshot->graph, find_first, &first);
    if (first != own)
        return true;
    page->family = &family;
    page_head(page);
    visit_all(page->snapshot->graph, put_if_named, &printer);
    page->family = NULL;
    return true;
}

void page_put_exposed(struct page *page)
{
    visit_all(page->snapshot->graph, put_family, page);
}
