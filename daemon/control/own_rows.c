// SPDX-License-Identifier: Apache-2.0

/* Rows come handler by handler, but the samples of a family must be consecutive: so the families
 * are found first, and then the rows are walked again for each family. */

#include "control/own_rows.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/engine.h"

enum { ROW_FAMILIES_MAX = 64, FAMILY_NAME_MAX = 128 };

struct own_rows {
    struct page *page;
    const char *owner;            /* "handler" or "sink" */
    const char *kind;             /* "limit" */
    char labels[PAGE_LABELS_MAX]; /* of the thing that is asked */
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
        page_sample(own->page, value, own->labels);
}

static void ask_chain(struct own_rows *own, const struct chain *chain, row_emit emit)
{
    for (uint32_t i = 0; i < chain->n_handlers; i++) {
        const struct handler *handler = chain->handlers[i];

        if (!handler->ops->rows)
            continue;
        page_handler_labels(own->labels, chain, i);
        own->kind = handler->ops->name;
        handler->ops->rows(handler, emit, own);
    }
}

static void ask_handlers(struct own_rows *own, row_emit emit)
{
    const struct graph *graph = own->page->snapshot->graph;

    own->owner = "handler";
    for (uint32_t i = 0; i < graph->n_chains; i++)
        ask_chain(own, graph->chains[i], emit);
}

static void ask_sinks(struct own_rows *own, row_emit emit)
{
    const struct graph *graph = own->page->snapshot->graph;

    own->owner = "sink";
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        const struct graph_sink *sink = graph->sinks[i];

        if (!sink->ops->rows)
            continue;
        own->kind = sink->ops->name;
        page_label(own->labels, "sink", sink->name);
        sink->ops->rows(sink->sink, emit, own);
    }
}

void own_rows_write(struct page *page)
{
    struct own_rows own = {.page = page};

    ask_handlers(&own, find_family);
    ask_sinks(&own, find_family);
    for (own.wanted = 0; own.wanted < own.n_families; own.wanted++) {
        page->family = &own.families[own.wanted];
        page_head(page);
        ask_handlers(&own, print_row);
        ask_sinks(&own, print_row);
    }
}
