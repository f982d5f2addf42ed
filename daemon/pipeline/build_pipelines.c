// SPDX-License-Identifier: Apache-2.0

/* Pipelines: names become sources and sinks, and each pipeline gets a strand at each of its
 * sources. Handlers are opened once per strand, because that is when they know a schema. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/refusal.h"
#include "config/setting.h"
#include "pipeline/build.h"
#include "pipeline/handlers.h"

enum delivery { DELIVERY_AT_MOST_ONCE };

static const struct setting_choice delivery_choices[] = {
    {"at-most-once", DELIVERY_AT_MOST_ONCE},
    {0},
};

struct pipeline_config {
    struct setting_texts from;
    int delivery;
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
        .doc = "a source, or a list of them",
    },
    {
        .name = "delivery",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct pipeline_config, delivery),
        .fallback = "at-most-once",
        .choices = delivery_choices,
        .doc = "what may happen to an event when the daemon is killed",
    },
    {
        .name = "handlers",
        .type = SETTING_NODE,
        .offset = offsetof(struct pipeline_config, handlers),
        .required = true,
        .doc = "the steps, in order; the last one is a forward",
    },
    {0},
};

/* What a handler's open() gets; which strand it is for stands behind the public part. */
struct build_host {
    struct handler_host base;
    struct build *build;
    struct graph_source *source;
};

static struct graph_source *find_source(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

/* Enters that a record of the source goes to the sink once more. */
static bool enter_route(struct graph_source *source, struct graph_sink *sink)
{
    uint32_t i = 0;

    while (i < source->n_sinks && source->sinks[i] != sink)
        i++;
    if (i == source->n_sinks)
        source->sinks[source->n_sinks++] = sink;
    if (++source->copies[i] > sink->copies)
        sink->copies = source->copies[i];
    return source->copies[i] <= GRAPH_COPIES_MAX;
}

static const struct outlet *host_outlet(const struct handler_host *host,
                                        const struct config_node *name, struct diag *diag)
{
    const struct build_host *own = (const struct build_host *)host;
    struct graph *graph = own->build->graph;
    struct refusal refusal;

    if (graph->n_sinks == 0)
        return NULL; /* what is wrong with `sinks:` has been reported */
    refusal_init(&refusal, name->text);
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        struct graph_sink *sink = &graph->sinks[i];

        if (strcmp(sink->name, name->text) == 0) {
            if (!own->source || enter_route(own->source, sink))
                return &sink->outlet;
            diag_add(diag, name,
                     "a record may be forwarded to one sink at most %d times, by all pipelines "
                     "that read its source together",
                     GRAPH_COPIES_MAX);
            return NULL;
        }
        refusal_offer(&refusal, sink->name);
    }
    diag_add(diag, name, "there is no sink of this name; %s", refusal_text(&refusal));
    return NULL;
}

static const struct handler_ops *find_handler(struct build *build, const struct config_node *entry)
{
    const struct handler_ops *ops;
    struct refusal refusal;

    if (entry->kind != CONFIG_MAP || entry->count != 1) {
        diag_add(build->diag, entry, "expected one handler, as in - filter: pid > 1; found %s",
                 entry->kind != CONFIG_MAP ? config_node_kind_name(entry)
                 : entry->count > 1        ? "several keys"
                                           : "an empty map");
        return NULL;
    }
    ops = handler_find(entry->first->key);
    if (ops)
        return ops;
    refusal_init(&refusal, entry->first->key);
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        refusal_offer(&refusal, (*kind)->name);
    diag_add_key(build->diag, entry->first, "unknown handler; %s", refusal_text(&refusal));
    return NULL;
}

static void check_handlers(struct build *build, const struct config_node *list)
{
    const struct config_node *last = NULL;

    for (const struct config_node *entry = list->first; entry; entry = entry->next) {
        const struct handler_ops *ops = find_handler(build, entry);

        last = entry->next || !ops || ops->forwards ? NULL : entry;
    }
    if (last)
        diag_add(build->diag, last,
                 "a pipeline ends with a forward; what passes here goes nowhere");
}

/* Opens the handlers of one strand, as far as they can be; unknown ones were reported by
 * check_handlers(). Without a source, those that read fields are passed over. */
static void open_handlers(struct build *build, const struct config_node *list,
                          struct graph_source *source, struct strand *strand)
{
    static const struct schema no_fields = {.type_name = "nothing"};
    struct build_host host = {
        .base = {.schema = source ? source->source->streams->types->schema : &no_fields,
                 .defs = build->graph->defs,
                 .source_name = source ? source->source->name : "",
                 .wall = &build->graph->wall,
                 .outlet = host_outlet},
        .build = build,
        .source = source,
    };

    for (const struct config_node *entry = list->first; entry; entry = entry->next) {
        const struct handler_ops *ops =
            entry->kind == CONFIG_MAP && entry->count == 1 ? handler_find(entry->first->key) : NULL;
        int result;

        if (!ops || (!source && ops->reads_fields))
            continue;
        result =
            ops->open(entry->first, &host.base, build->diag, &strand->handlers[strand->n_handlers]);
        if (result == 0) {
            const struct schema *out = strand->handlers[strand->n_handlers++]->schema;

            host.base.schema = out ? out : host.base.schema;
        } else if (result == -ENOMEM) {
            diag_add(build->diag, entry, "out of memory");
        }
    }
}

/* None of the pipeline's sources is known: what can be said of its handlers is said all the same.
 */
static void check_orphans(struct build *build, const struct config_node *list)
{
    struct strand strand = {.n_handlers = 0};

    open_handlers(build, list, NULL, &strand);
    strand_deinit(&strand);
}

static struct graph_source *resolve_source(struct build *build, const struct setting_texts *from,
                                           uint32_t index, const struct config_node *section)
{
    struct graph_source *source = find_source(build->graph, from->items[index]);
    struct refusal refusal;

    for (uint32_t i = 0; i < index; i++)
        if (strcmp(from->items[i], from->items[index]) == 0) {
            diag_add(build->diag, from->nodes[index], "the source is named twice");
            return NULL;
        }
    if (source || !section || section->kind != CONFIG_MAP ||
        config_map_get(section, from->items[index]))
        return source; /* sources with errors of their own have been reported */
    refusal_init(&refusal, from->items[index]);
    for (const struct config_node *entry = section->first; entry; entry = entry->next)
        refusal_offer(&refusal, entry->key);
    diag_add(build->diag, from->nodes[index], "there is no source of this name; %s",
             refusal_text(&refusal));
    return NULL;
}

static bool check_handler_list(struct build *build, const struct config_node *list)
{
    if (list->kind != CONFIG_LIST || list->count == 0)
        diag_add(build->diag, list, "expected a list of handlers, found %s",
                 list->kind == CONFIG_LIST ? "an empty one" : config_node_kind_name(list));
    else if (list->count > STRAND_HANDLERS_MAX)
        diag_add(build->diag, list, "%u handlers; at most %d are allowed", list->count,
                 STRAND_HANDLERS_MAX);
    else
        return true;
    return false;
}

static void build_pipeline(struct build *build, const struct config_node *entry,
                           const struct config_node *sources, struct graph_pipeline *pipeline)
{
    struct pipeline_config bound;
    uint32_t known = 0;
    bool handlers;

    pipeline->name = entry->key;
    setting_bind(pipeline_settings, entry, &bound, build->diag);
    handlers = bound.handlers && check_handler_list(build, bound.handlers);
    if (handlers)
        check_handlers(build, bound.handlers);
    for (uint32_t i = 0; i < bound.from.count; i++) {
        struct graph_source *source = resolve_source(build, &bound.from, i, sources);

        if (!source || !handlers)
            continue;
        source->pipelines[source->n_strands] = pipeline;
        open_handlers(build, bound.handlers, source, &source->strands[source->n_strands++]);
        known++;
    }
    if (handlers && known == 0)
        check_orphans(build, bound.handlers);
}

/* Room at each source for a strand of every pipeline and a route to every sink. */
static int make_room(struct graph *graph, uint32_t pipelines)
{
    for (uint32_t i = 0; i < graph->n_sources; i++) {
        struct graph_source *source = &graph->sources[i];

        source->strands = calloc(pipelines, sizeof(*source->strands));
        source->pipelines = calloc(pipelines, sizeof(*source->pipelines));
        source->sinks = calloc(graph->n_sinks + 1, sizeof(*source->sinks));
        source->copies = calloc(graph->n_sinks + 1, sizeof(*source->copies));
        if (!source->strands || !source->pipelines || !source->sinks || !source->copies)
            return -ENOMEM;
    }
    return 0;
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
    result = graph->pipelines ? make_room(graph, count) : -ENOMEM;
    if (result < 0)
        return result;
    for (const struct config_node *entry = section->first; entry; entry = entry->next)
        build_pipeline(build, entry, sources, &graph->pipelines[graph->n_pipelines++]);
    return 0;
}
