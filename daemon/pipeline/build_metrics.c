// SPDX-License-Identifier: Apache-2.0

/* What pipelines expose stands on one page, so no two may use one name: not even with different
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

/* One entry of the config may be a handler for each source. */
static void compare(struct build *build, const struct metric *one, const struct metric *other)
{
    if (strcmp(one->name, other->name) != 0)
        return;
    if (one->node != other->node)
        diag_add_key(build->diag, one->node,
                     "the metric %s stands in line %" PRIu32
                     " already; give one of the two aggregates a prefix, as in expose: {prefix: "
                     "dns}",
                     one->name, other->node->key_line);
    else if (one->kind != other->kind)
        diag_add_key(build->diag, one->node,
                     "the metric %s would be %s for one source and %s for another; give each a "
                     "pipeline of its own",
                     one->name, kind_name(other->kind), kind_name(one->kind));
}

static void compare_handlers(struct build *build, const struct handler *one,
                             const struct handler *other)
{
    for (uint32_t i = 0; i < one->n_metrics; i++)
        for (uint32_t j = 0; j < other->n_metrics; j++)
            compare(build, &one->metrics[i], &other->metrics[j]);
}

static void compare_with_earlier(struct build *build, uint32_t strand, uint32_t index)
{
    const struct graph *graph = build->graph;
    const struct handler *handler = graph->strands[strand]->strand.handlers[index];

    for (uint32_t i = 0; i <= strand; i++) {
        const struct strand *earlier = &graph->strands[i]->strand;

        for (uint32_t j = 0; j < earlier->n_handlers && (i < strand || j < index); j++)
            if (earlier->handlers[j])
                compare_handlers(build, handler, earlier->handlers[j]);
    }
}

void build_check_metrics(struct build *build)
{
    for (uint32_t i = 0; i < build->graph->n_strands; i++)
        for (uint32_t j = 0; j < build->graph->strands[i]->strand.n_handlers; j++) {
            const struct handler *handler = build->graph->strands[i]->strand.handlers[j];

            if (handler && handler->n_metrics > 0)
                compare_with_earlier(build, i, j);
        }
}
