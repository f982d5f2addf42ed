// SPDX-License-Identifier: Apache-2.0

/* What pipelines expose is on one page, so no two may use one name: not even with different
 * labels, since their help and kind would contradict each other. */

#include <inttypes.h>
#include <string.h>

#include "pipeline/build.h"

static const char *kind_name(enum metric_kind kind)
{
    static const char *const names[] = {[METRIC_COUNTER] = "a counter",
                                        [METRIC_GAUGE] = "a gauge",
                                        [METRIC_SUMMARY] = "a summary",
                                        [METRIC_HISTOGRAM] = "a histogram"};

    return names[kind];
}

/* One of a pipeline's handlers, as it is in one of its chains. */
struct exposer {
    const struct chain *chain;
    uint32_t index;
    const struct handler *handler;
};

/* One entry of the config is a handler for each source. After a reload some of them may be those
 * of the config before. */
static bool is_same_entry(const struct exposer *one, const struct exposer *other)
{
    return one->index == other->index &&
           strcmp(one->chain->pipeline->name, other->chain->pipeline->name) == 0;
}

static void compare(struct build *build, const struct metric *one, const struct metric *other,
                    bool same_entry)
{
    if (strcmp(one->name, other->name) != 0)
        return;
    if (!same_entry)
        diag_add_key(build->diag, one->node,
                     "the metric %s is already defined in line %" PRIu32
                     "; give one of the two aggregates a prefix, as in expose: {prefix: dns}",
                     one->name, other->node->key_line);
    else if (one->kind != other->kind)
        diag_add_key(build->diag, one->node,
                     "the metric %s would be %s for one source and %s for another; give each "
                     "source its own pipeline",
                     one->name, kind_name(other->kind), kind_name(one->kind));
}

static void compare_handlers(struct build *build, const struct exposer *one,
                             const struct exposer *other)
{
    bool same_entry = is_same_entry(one, other);

    for (uint32_t i = 0; i < one->handler->n_metrics; i++)
        for (uint32_t j = 0; j < other->handler->n_metrics; j++)
            compare(build, &one->handler->metrics[i], &other->handler->metrics[j], same_entry);
}

static struct exposer exposer_at(const struct graph *graph, uint32_t chain, uint32_t index)
{
    return (struct exposer){graph->chains[chain], index, graph->chains[chain]->handlers[index]};
}

static void compare_with_earlier(struct build *build, uint32_t chain, uint32_t index)
{
    const struct graph *graph = build->graph;
    const struct exposer own = exposer_at(graph, chain, index);

    if (!own.handler || own.handler->n_metrics == 0)
        return;
    for (uint32_t i = 0; i <= chain; i++)
        for (uint32_t j = 0; j < graph->chains[i]->n_handlers && (i < chain || j < index); j++) {
            const struct exposer earlier = exposer_at(graph, i, j);

            if (earlier.handler)
                compare_handlers(build, &own, &earlier);
        }
}

void build_check_metrics(struct build *build)
{
    for (uint32_t i = 0; i < build->graph->n_chains; i++)
        for (uint32_t j = 0; j < build->graph->chains[i]->n_handlers; j++)
            compare_with_earlier(build, i, j);
}
