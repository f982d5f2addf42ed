// SPDX-License-Identifier: Apache-2.0

/* From the tree of a config to a graph, in the order of dependence: sources and sinks, then the
 * pipelines that name them. Each step reports its errors and the next one goes on with what there
 * is, so that one look at the messages mends the whole file. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/refusal.h"
#include "config/setting.h"
#include "encode/registry.h"
#include "pipeline/graph.h"
#include "pipeline/handlers.h"

DEFINE_CLEANUP(struct graph, graph_free);

struct top_config {
    int64_t version;
    const struct config_node *sources;
    const struct config_node *sinks;
    const struct config_node *pipelines;
    /* bound by control/, which reads them from the same tree */
    const struct config_node *control;
    const struct config_node *health;
    const struct config_node *log;
};

static const struct setting top_settings[] = {
    {
        .name = "version",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct top_config, version),
        .minimum = 1,
        .maximum = 1,
        .required = true,
        .doc = "of this grammar",
    },
    {
        .name = "sources",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, sources),
        .required = true,
        .doc = "where records come from, by name",
    },
    {
        .name = "sinks",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, sinks),
        .required = true,
        .doc = "where events go, by name",
    },
    {
        .name = "pipelines",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, pipelines),
        .required = true,
        .doc = "what happens in between, by name",
    },
    {
        .name = "control",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, control),
        .doc = "how the running daemon can be asked",
    },
    {
        .name = "health",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, health),
        .doc = "from when on the daemon calls itself unwell",
    },
    {
        .name = "log",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, log),
        .doc = "what the daemon says about itself",
    },
    {0},
};

struct sink_config {
    const char *type;
    const char *format;
};

static const struct setting sink_settings[] = {
    {
        .name = "type",
        .type = SETTING_NAME,
        .offset = offsetof(struct sink_config, type),
        .required = true,
        .doc = "the kind of sink",
    },
    {
        .name = "format",
        .type = SETTING_NAME,
        .offset = offsetof(struct sink_config, format),
        .fallback = "json",
        .doc = "how events are written",
    },
    {0},
};

/* The type alone is bound first: it says which other keys there are. */
#define SINK_TYPE (&sink_settings[0])

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

struct build {
    struct graph *graph;
    struct diag *diag;
};

/* What a handler's open() gets; which strand it is for stands behind the public part. */
struct build_host {
    struct handler_host base;
    struct build *build;
    struct graph_source *source;
};

/* ---- sections -------------------------------------------------------------------------------- */

static bool name_is_plain(const char *name)
{
    const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return *name && strlen(name) <= GRAPH_NAME_MAX && name[strspn(name, plain)] == '\0';
}

/* A section is a map of named things; returns how many, 0 after a message. */
static uint32_t check_section(struct build *build, const struct config_node *section,
                              const char *things, uint32_t most)
{
    if (!section)
        return 0; /* already reported as missing */
    if (section->kind != CONFIG_MAP || section->count == 0) {
        diag_add(build->diag, section, "expected a map of %s by name, found %s", things,
                 section->kind == CONFIG_MAP ? "an empty one" : config_node_kind_name(section));
        return 0;
    }
    if (section->count > most) {
        diag_add(build->diag, section, "%u %s; at most %u are allowed", section->count, things,
                 most);
        return 0;
    }
    for (const struct config_node *entry = section->first; entry; entry = entry->next)
        if (!name_is_plain(entry->key))
            diag_add_key(build->diag, entry,
                         "a name has 1 to %d letters, digits, and any of _ - . between them",
                         GRAPH_NAME_MAX);
    return section->count;
}

/* ---- sources --------------------------------------------------------------------------------- */

static int build_sources(struct build *build, const struct config_node *section)
{
    struct graph *graph = build->graph;
    uint32_t count = check_section(build, section, "sources", GRAPH_SOURCES_MAX);

    if (count == 0)
        return 0;
    graph->sources = calloc(count, sizeof(*graph->sources));
    if (!graph->sources)
        return -ENOMEM;
    for (const struct config_node *entry = section->first; entry; entry = entry->next) {
        struct graph_source *source = &graph->sources[graph->n_sources];

        if (source_open(entry, build->diag, &source->source) == 0)
            graph->n_sources++;
    }
    return 0;
}

static struct graph_source *find_source(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

/* ---- sinks ----------------------------------------------------------------------------------- */

/* NULL after a message. */
static const struct sink_ops *find_sink_kind(struct build *build, const struct config_node *entry)
{
    const struct config_node *type = config_map_get(entry, "type");
    const struct sink_ops *ops;
    struct sink_config common;
    struct refusal refusal;

    if (entry->kind != CONFIG_MAP) {
        setting_bind(sink_settings, entry, &common, build->diag);
        return NULL;
    }
    if (!type) {
        diag_add(build->diag, entry, "the key \"%s\" is missing (%s)", SINK_TYPE->name,
                 SINK_TYPE->doc);
        return NULL;
    }
    if (setting_bind_value(SINK_TYPE, type, &common, build->diag) > 0)
        return NULL;
    ops = sink_find(common.type);
    if (ops)
        return ops;
    refusal_init(&refusal, type->text);
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++)
        refusal_offer(&refusal, (*kind)->name);
    diag_add(build->diag, type, "unknown kind of sink; %s", refusal_text(&refusal));
    return NULL;
}

static void find_format(struct build *build, const struct config_node *entry, const char *name,
                        struct outlet *outlet)
{
    struct refusal refusal;

    outlet->format = encoder_find(name);
    if (outlet->format)
        return;
    refusal_init(&refusal, name);
    for (const struct encoder_ops *const *kind = encoder_kinds; *kind; kind++)
        refusal_offer(&refusal, (*kind)->name);
    diag_add(build->diag, config_map_get(entry, "format"), "unknown format; %s",
             refusal_text(&refusal));
}

static int build_sink(struct build *build, const struct config_node *entry, struct graph_sink *sink)
{
    struct sink_config common;
    struct setting_table tables[] = {{sink_settings, &common}, {0}};

    sink->name = entry->key;
    sink->ops = find_sink_kind(build, entry);
    if (!sink->ops)
        return 0; /* its other keys cannot be judged */
    sink->config = calloc(1, sink->ops->config_size + 1);
    if (!sink->config)
        return -ENOMEM;
    tables[1] = (struct setting_table){sink->ops->settings, sink->config};
    if (setting_bind_tables(tables, sink->ops->settings ? 2 : 1, entry, build->diag) == 0)
        find_format(build, entry, common.format, &sink->outlet);
    sink->outlet.sink_name = sink->name;
    sink->outlet.lane = &sink->lane;
    return 0;
}

static int build_sinks(struct build *build, const struct config_node *section)
{
    struct graph *graph = build->graph;
    uint32_t count = check_section(build, section, "sinks", GRAPH_SINKS_MAX);
    int result = 0;

    if (count == 0)
        return 0;
    graph->sinks = calloc(count, sizeof(*graph->sinks));
    if (!graph->sinks)
        return -ENOMEM;
    for (const struct config_node *entry = section->first; entry && result == 0;
         entry = entry->next)
        result = build_sink(build, entry, &graph->sinks[graph->n_sinks++]);
    return result;
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
            if (enter_route(own->source, sink))
                return &sink->outlet;
            diag_add(diag, name, "a record may be forwarded to one sink at most %d times",
                     GRAPH_COPIES_MAX);
            return NULL;
        }
        refusal_offer(&refusal, sink->name);
    }
    diag_add(diag, name, "there is no sink of this name; %s", refusal_text(&refusal));
    return NULL;
}

/* ---- pipelines ------------------------------------------------------------------------------- */

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

/* Opens the handlers of one strand. Unknown ones were reported by check_handlers(). */
static void build_strand(struct build *build, const struct config_node *list,
                         struct graph_source *source, struct strand *strand)
{
    struct build_host host = {
        .base = {.schema = source->source->schema,
                 .source_name = source->source->name,
                 .wall = &build->graph->wall,
                 .outlet = host_outlet},
        .build = build,
        .source = source,
    };

    for (const struct config_node *entry = list->first; entry; entry = entry->next) {
        const struct handler_ops *ops =
            entry->kind == CONFIG_MAP && entry->count == 1 ? handler_find(entry->first->key) : NULL;

        if (ops && ops->open(entry->first, &host.base, build->diag,
                             &strand->handlers[strand->n_handlers]) == 0)
            strand->n_handlers++;
    }
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
        build_strand(build, bound.handlers, source, &source->strands[source->n_strands++]);
    }
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

static int build_pipelines(struct build *build, const struct config_node *section,
                           const struct config_node *sources)
{
    struct graph *graph = build->graph;
    uint32_t count = check_section(build, section, "pipelines", GRAPH_PIPELINES_MAX);
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

int graph_build(const struct config_tree *tree, struct diag *diag, struct graph **ret)
{
    _cleanup_(cleanup_graph_free) struct graph *graph = calloc(1, sizeof(*graph));
    struct build build = {graph, diag};
    struct top_config top;
    int result;

    if (!graph)
        return -ENOMEM;
    setting_bind(top_settings, tree->root, &top, diag);
    result = build_sources(&build, top.sources);
    if (result == 0)
        result = build_sinks(&build, top.sinks);
    if (result == 0)
        result = build_pipelines(&build, top.pipelines, top.sources);
    if (result == 0 && diag_count(diag) > 0)
        result = -EINVAL;
    if (result == 0)
        *ret = TAKE_PTR(graph);
    return result;
}
