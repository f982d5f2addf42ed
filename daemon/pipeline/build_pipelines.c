// SPDX-License-Identifier: Apache-2.0

/* Pipelines: names become sources and sinks, and each pipeline gets a chain at each type of each
 * of its sources. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cycles.h"
#include "base/log.h"
#include "base/suggestion.h"
#include "config/scalar.h"
#include "config/setting.h"
#include "pipeline/build.h"
#include "pipeline/canonical_text.h"

enum { UNACKED_MIN = 4096 }; /* bytes */
enum delivery { DELIVERY_AT_MOST_ONCE, DELIVERY_AT_LEAST_ONCE };

static const struct setting_choice delivery_choices[] = {
    {"at-most-once", DELIVERY_AT_MOST_ONCE},
    {"at-least-once", DELIVERY_AT_LEAST_ONCE},
    {0},
};

struct pipeline_config {
    struct setting_texts from;
    int delivery;
    const char *max_unacked;
    uint64_t budget;
    const struct config_node *handlers;
};

static const struct setting pipeline_settings[] = {
    {
        .name = "from",
        .type = SETTING_NAMES,
        .offset = offsetof(struct pipeline_config, from),
        .minimum = 1,
        .maximum = GRAPH_SOURCES_MAX,
        .required = true,
        .doc = "a source or a list of sources",
    },
    {
        .name = "delivery",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct pipeline_config, delivery),
        .fallback = "at-most-once",
        .choices = delivery_choices,
        .doc = "whether a kill of the daemon may lose events (at-most-once) or repeat them "
               "(at-least-once)",
    },
    {
        .name = "max_unacked",
        .type = SETTING_NAME,
        .offset = offsetof(struct pipeline_config, max_unacked),
        .fallback = "50%",
        .doc = "how much of a ring may be read and not yet acknowledged, as a part of the ring "
               "(50%) or in bytes (4MiB); requires delivery: at-least-once",
    },
    {
        .name = "budget",
        .type = SETTING_DURATION,
        .offset = offsetof(struct pipeline_config, budget),
        .fallback = "50ms",
        .doc = "how long a handler may take for a batch before it is reported as slow; 0: no limit",
    },
    {
        .name = "handlers",
        .type = SETTING_NODE,
        .offset = offsetof(struct pipeline_config, handlers),
        .required = true,
        .doc = "the steps, in order; the last one is forward or route",
    },
    {0},
};

static struct source_entry *find_source(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

static uint32_t count_types(const struct source *source)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < source->n_streams; i++)
        count += source->streams[i].n_types;
    return count;
}

/* Whether a pipeline gets the records of a type. names: those that it is to read in place of all
 * that the source has; NULL: all. */
static bool reads_type(const struct setting_texts *names, const struct stream_type *type)
{
    for (uint32_t i = 0; names && i < names->count; i++)
        if (strcmp(names->items[i], type->source_name) == 0)
            return true;
    return !names;
}

/* What the chain's handlers add to the copies of its type: as they were before, and then what has
 * come since. */
static int begin_sinks(const struct graph *graph, struct chain *chain)
{
    chain->sinks = calloc(graph->n_sinks + 1, sizeof(*chain->sinks));
    if (!chain->sinks)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        chain->sinks[i] = (struct chain_sink){graph->sinks[i], chain->type->copies[i]};
    return 0;
}

static void end_sinks(const struct graph *graph, struct chain *chain)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        uint32_t more = chain->type->copies[i] - chain->sinks[i].copies;

        if (more > 0)
            chain->sinks[chain->n_sinks++] = (struct chain_sink){graph->sinks[i], more};
    }
}

/* A chain at each type, of which those that the pipeline reads are listed. */
static int add_chains(struct build *build, const struct build_steps *steps,
                      struct source_entry *entry, const struct graph_pipeline *pipeline,
                      const struct setting_texts *names, struct build_chain *ret_chains,
                      uint32_t *ret_count)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        for (uint32_t j = 0; j < entry->inputs[i].n_types; j++) {
            struct input_type *type = &entry->inputs[i].types[j];
            struct chain *chain = graph_add_chain(build->graph, type, pipeline, steps->list);

            if (!chain || begin_sinks(build->graph, chain) < 0)
                return -ENOMEM;
            if (!type->stream_type)
                continue; /* its records pass no handler */
            chain->not_in_books = !reads_type(names, type->stream_type);
            if (!chain->not_in_books)
                ret_chains[n++] = (struct build_chain){type, chain};
        }
    *ret_count = n;
    return 0;
}

static int build_chains(struct build *build, const struct build_steps *steps,
                        struct source_entry *entry, const struct graph_pipeline *pipeline,
                        const struct setting_texts *names)
{
    _cleanup_(cleanup_free) struct build_chain *chains =
        calloc(count_types(entry->source), sizeof(*chains));
    uint32_t n;
    int result;

    if (!chains)
        return -ENOMEM;
    entry->n_pipelines++;
    result = add_chains(build, steps, entry, pipeline, names, chains, &n);
    if (result == 0 && n > 0)
        result = build_handlers(build, steps, chains, n);
    for (uint32_t i = 0; result == 0 && i < n; i++)
        end_sinks(build->graph, chains[i].chain);
    return result;
}

static bool has_records_of(const struct source *source, const char *name)
{
    const struct stream *stream = source->streams;

    for (uint32_t i = 0; i < stream->n_types; i++)
        if (strcmp(stream->types[i].source_name, name) == 0)
            return true;
    return false;
}

/* The capture stands for all sources that the section names; NULL: it could not be opened, or it
 * has no records of that source. */
static struct source_entry *find_in_capture(struct build *build, const char *name,
                                            const struct config_node *section)
{
    struct source_entry *entry = build->graph->n_sources ? build->graph->sources : NULL;

    if (!entry || !section || section->kind != CONFIG_MAP || !config_map_get(section, name))
        return NULL;
    if (!has_records_of(entry->source, name))
        log_about(LOG_LEVEL_WARNING, "source", name, "the capture has no records of this source");
    return entry;
}

static struct source_entry *resolve_source(struct build *build, const struct setting_texts *from,
                                           uint32_t index, const struct config_node *section)
{
    struct source_entry *entry = build->capture
                                     ? find_in_capture(build, from->items[index], section)
                                     : find_source(build->graph, from->items[index]);
    struct suggestion suggestion;

    for (uint32_t i = 0; i < index; i++)
        if (strcmp(from->items[i], from->items[index]) == 0) {
            diag_add(build->diag, from->nodes[index], "duplicate source");
            return NULL;
        }
    if (entry || !section || section->kind != CONFIG_MAP ||
        config_map_get(section, from->items[index]))
        return entry; /* sources with errors of their own have been reported */
    suggestion_init(&suggestion, from->items[index]);
    for (const struct config_node *node = section->first; node; node = node->next)
        suggestion_offer(&suggestion, node->key);
    diag_add(build->diag, from->nodes[index], "unknown source; %s", suggestion_words(&suggestion));
    return NULL;
}

/* ---- delivery -------------------------------------------------------------------------------- */

/* False: it is neither a part nor a size. */
static bool read_unacked(const char *text, struct unacked_limit *ret_limit)
{
    char *end;
    unsigned long percent = strtoul(text, &end, 10);
    uint64_t bytes;

    if (end > text && strcmp(end, "%") == 0 && percent >= 1 && percent <= 100) {
        *ret_limit = (struct unacked_limit){UINT64_MAX, (uint32_t)percent};
        return true;
    }
    if (scalar_size(text, &bytes) < 0 || bytes < UNACKED_MIN)
        return false;
    *ret_limit = (struct unacked_limit){bytes, 100};
    return true;
}

static void check_delivery(struct build *build, const struct config_node *entry,
                           const struct pipeline_config *bound, struct unacked_limit *ret_limit)
{
    const struct config_node *node = config_map_get(entry, "max_unacked");

    *ret_limit = (struct unacked_limit){UINT64_MAX, 100};
    if (!bound->max_unacked)
        return;
    if (!read_unacked(bound->max_unacked, ret_limit))
        diag_add(build->diag, node ? node : entry,
                 "expected a part of the ring from 1%% to 100%%, or a size of at least 4KiB, found "
                 "\"%s\"",
                 bound->max_unacked);
    else if (node && bound->delivery != DELIVERY_AT_LEAST_ONCE)
        diag_add_key(build->diag, node, "requires delivery: at-least-once");
}

static bool reads_perf_array(const struct source *source)
{
    for (uint32_t i = 0; i < source->n_streams; i++)
        if (source->streams[i].perf)
            return true;
    return false;
}

/* The promise needs a ring that is there when this process is not, and a bound that all pipelines
 * of the ring agree with. */
static void promise(struct build *build, const struct config_node *pipeline,
                    struct source_entry *entry, const struct unacked_limit *limit)
{
    if (reads_perf_array(entry->source))
        diag_add(build->diag, config_map_get(pipeline, "delivery"),
                 "source %s reads a perf event array, which is lost when the daemon ends, so "
                 "delivery: at-least-once is not possible; remove it",
                 entry->source->name);
    else if (entry->source->ends_with_us)
        diag_add(build->diag, config_map_get(pipeline, "delivery"),
                 "the ring of source %s is lost when the daemon ends, so delivery: at-least-once "
                 "is not possible; set keep: fdstore or keep: pin in the source",
                 entry->source->name);
    for (uint32_t i = 0; i < entry->source->n_streams; i++) {
        struct unacked_limit *own = &entry->inputs[i].max_unacked;

        if (own->percent == 0 || limit->percent < own->percent)
            own->percent = limit->percent;
        if (own->bytes == 0 || limit->bytes < own->bytes)
            own->bytes = limit->bytes;
    }
}

/* A ring has one position, which waits for the acknowledgements of at-least-once: after a kill, a
 * pipeline with at-most-once beside it would get records a second time. All that read a source read
 * all of its rings. */
static void check_position(struct build *build, const struct config_node *place,
                           const struct source_entry *entry, const struct graph_pipeline *pipeline)
{
    const struct graph_pipeline *first = entry->inputs[0].types[0].readers[0];
    const struct config_node *node = config_map_get(place, "delivery");

    const char *wanted = delivery_choices[first->at_least_once].name;

    if (entry->source->ends_with_us || first->at_least_once == pipeline->at_least_once)
        return;
    diag_add(build->diag, node ? node : place,
             "pipeline %s reads source %s with delivery: %s, and all pipelines that read a ring "
             "share one position, so after a kill %s would repeat delivered events; set delivery: "
             "%s here, too, or give this pipeline its own source",
             first->name, entry->source->name, wanted,
             pipeline->at_least_once ? first->name : pipeline->name, wanted);
}

static int build_pipeline(struct build *build, const struct config_node *node,
                          const struct config_node *sources, struct graph_pipeline *pipeline)
{
    const struct graph_pipeline *kept;
    struct unacked_limit limit;
    struct pipeline_config bound;
    struct build_steps steps;
    uint32_t known = 0;

    pipeline->name = node->key;
    pipeline->identity = canonical_text_new(node, IDENTITY_PIPELINE);
    if (!pipeline->identity)
        return -ENOMEM;
    setting_bind(pipeline_settings, node, &bound, build->diag);
    pipeline->at_least_once = bound.delivery == DELIVERY_AT_LEAST_ONCE;
    check_delivery(build, node, &bound, &limit);
    steps = (struct build_steps){.pipeline_name = pipeline->name,
                                 .list = bound.handlers,
                                 .from = &bound.from,
                                 .budget = bound.budget,
                                 .at_least_once = pipeline->at_least_once};
    kept = build_find_reused_pipeline(build, pipeline, &bound.from);
    for (uint32_t i = 0; i < bound.from.count; i++) {
        struct source_entry *entry = resolve_source(build, &bound.from, i, sources);

        if (!entry || !bound.handlers)
            continue;
        if (build->capture && known > 0)
            continue; /* the same one, and it has been asked for all names */
        if ((kept ? build_reuse_chains(build, entry, pipeline, kept)
                  : build_chains(build, &steps, entry, pipeline,
                                 build->capture ? &bound.from : NULL)) < 0)
            return -ENOMEM;
        if (pipeline->at_least_once)
            promise(build, node, entry, &limit);
        if (!build->capture)
            check_position(build, node, entry, pipeline);
        known++;
    }
    return bound.handlers && known == 0 ? build_check_handlers(build, &steps) : 0;
}

/* Room at each type and stream for a route to every sink. */
static int make_room(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++) {
            struct input *input = &graph->sources[i].inputs[j];

            input->sinks = calloc(graph->n_sinks + 1, sizeof(*input->sinks));
            input->acknowledgers = calloc(graph->n_sinks + 1, sizeof(*input->acknowledgers));
            if (!input->sinks || !input->acknowledgers)
                return -ENOMEM;
            for (uint32_t k = 0; k < input->n_types; k++) {
                input->types[k].copies = calloc(graph->n_sinks + 1, sizeof(uint32_t));
                if (!input->types[k].copies)
                    return -ENOMEM;
            }
        }
    return 0;
}

/* All that read a source have the same delivery. */
static void note_delivery(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph->sources[i].n_pipelines > 0 && graph_is_own(graph->sources[i].share))
            graph->sources[i].source->once = !graph->sources[i].inputs[0].at_least_once;
}

int build_pipelines(struct build *build, const struct config_node *section,
                    const struct config_node *sources)
{
    struct graph *graph = build->graph;
    uint32_t count = build_check_section(build, section, "pipelines", GRAPH_PIPELINES_MAX);
    int result;

    if (count == 0)
        return 0;
    graph->pipelines = calloc(count, sizeof(*graph->pipelines));
    build->speed = cycles_per_ns();
    result = graph->pipelines ? make_room(graph) : -ENOMEM;
    for (const struct config_node *entry = section->first; entry && result == 0;
         entry = entry->next)
        result = build_pipeline(build, entry, sources, &graph->pipelines[graph->n_pipelines++]);
    note_delivery(graph);
    return result;
}
