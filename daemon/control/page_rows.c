// SPDX-License-Identifier: Apache-2.0

/* Rows come handler by handler, but the samples of a family must be consecutive: so the families
 * are found first, and then the rows are walked again for each family. */

#include "control/page.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/engine.h"

enum { ROW_FAMILIES_MAX = 64, FAMILY_NAME_MAX = 128 };

struct row_printer {
    struct page *page;
    const char *owner;            /* "handler" or "sink" */
    const char *kind;             /* "limit" */
    char labels[PAGE_LABELS_MAX]; /* of the thing that is asked */
    struct family families[ROW_FAMILIES_MAX];
    char names[ROW_FAMILIES_MAX][FAMILY_NAME_MAX];
    uint32_t n_families;
    uint32_t wanted; /* the family to print; n_families: none */
};

static void family_name(const struct row_printer *printer, const struct row *row,
                        char name[FAMILY_NAME_MAX])
{
    snprintf(name, FAMILY_NAME_MAX, "ringmill_%s_%s_%s%s%s", printer->owner, printer->kind,
             row->name, row->unit[0] ? "_" : "", row->unit);
}

static void find_family(void *data, const struct row *row, uint64_t value)
{
    struct row_printer *printer = data;
    char name[FAMILY_NAME_MAX];

    (void)value;
    family_name(printer, row, name);
    for (uint32_t i = 0; i < printer->n_families; i++)
        if (strcmp(printer->names[i], name) == 0)
            return;
    if (printer->n_families == ROW_FAMILIES_MAX)
        return;
    memcpy(printer->names[printer->n_families], name, sizeof(name));
    printer->families[printer->n_families] =
        (struct family){printer->names[printer->n_families],
                        row->kind == ROW_COUNT ? COUNTER : GAUGE, row->unit, row->help};
    printer->n_families++;
}

static void print_row(void *data, const struct row *row, uint64_t value)
{
    struct row_printer *printer = data;
    char name[FAMILY_NAME_MAX];

    family_name(printer, row, name);
    if (strcmp(printer->names[printer->wanted], name) == 0)
        page_sample(printer->page, value, printer->labels);
}

static void ask_chain(struct row_printer *printer, const struct chain *chain, row_emit emit)
{
    for (uint32_t i = 0; i < chain->n_handlers; i++) {
        const struct handler *handler = chain->handlers[i];

        if (!handler->ops->rows)
            continue;
        page_handler_labels(printer->labels, chain, i);
        printer->kind = handler->ops->name;
        handler->ops->rows(handler, emit, printer);
    }
}

static void ask_handlers(struct row_printer *printer, row_emit emit)
{
    const struct graph *graph = printer->page->snapshot->graph;

    printer->owner = "handler";
    for (uint32_t i = 0; i < graph->n_chains; i++)
        ask_chain(printer, graph->chains[i], emit);
}

static void ask_sinks(struct row_printer *printer, row_emit emit)
{
    const struct graph *graph = printer->page->snapshot->graph;

    printer->owner = "sink";
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        const struct graph_sink *sink = graph->sinks[i];

        if (!sink->ops->rows)
            continue;
        printer->kind = sink->ops->name;
        page_label(printer->labels, "sink", sink->name);
        sink->ops->rows(sink->sink, emit, printer);
    }
}

void page_put_rows(struct page *page)
{
    struct row_printer printer = {.page = page};

    ask_handlers(&printer, find_family);
    ask_sinks(&printer, find_family);
    for (printer.wanted = 0; printer.wanted < printer.n_families; printer.wanted++) {
        page->family = &printer.families[printer.wanted];
        page_head(page);
        ask_handlers(&printer, print_row);
        ask_sinks(&printer, print_row);
    }
}
