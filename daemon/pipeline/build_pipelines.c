// SPDX-License-Identifier: Apache-2.0

/* Pipelines: names become sources and sinks, and each pipeline gets a strand at each type of each
 * of its sources. Handlers are opened once per strand, because that is when they know a schema. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cycles.h"
#include "base/log.h"
#include "config/refusal.h"
#include "config/setting.h"
#include "encode/json.h"
#include "pipeline/build.h"
#include "pipeline/handlers.h"
#include "pipeline/identity.h"
#include "plugin/plugin.h"

enum delivery { DELIVERY_AT_MOST_ONCE, DELIVERY_AT_LEAST_ONCE };

static const struct setting_choice delivery_choices[] = {
    {"at-most-once", DELIVERY_AT_MOST_ONCE},
    {"at-least-once", DELIVERY_AT_LEAST_ONCE},
    {0},
};

struct pipeline_config {
    struct setting_texts from;
    int delivery;
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
        .name = "budget",
        .type = SETTING_DURATION,
        .offset = offsetof(struct pipeline_config, budget),
        .fallback = "50ms",
        .doc = "how long a handler may hold a batch before it is called slow; 0: as long as it "
               "likes",
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
    struct graph_type *type; /* NULL: no source is known */
    struct strand *strand;
    uint16_t way;      /* of the strand, that the handlers stand on */
    uint32_t index;    /* of the handler that is being opened */
    struct fork *fork; /* of that handler, if it divides */
    bool at_least_once;
};

/* While the branches of a route are opened: a record goes into one of them only, so what counts is
 * the branch that sends most copies to a sink, not all of them together. By the graph's sinks. */
struct fork {
    uint32_t before[GRAPH_SINKS_MAX];
    uint32_t most[GRAPH_SINKS_MAX];
};

static struct graph_source *find_source(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

static void enter_sink(struct graph_stream *stream, struct graph_sink *sink)
{
    for (uint32_t i = 0; i < stream->n_sinks; i++)
        if (stream->sinks[i] == sink)
            return;
    stream->sinks[stream->n_sinks++] = sink;
}

void build_enter_keeper(struct graph_stream *stream, struct graph_sink *sink)
{
    for (uint32_t i = 0; i < stream->n_keepers; i++)
        if (stream->keepers[i] == sink)
            return;
    stream->keepers[stream->n_keepers++] = sink;
}

/* What the promise of at-least-once asks of a sink. */
static bool may_keep(const struct build_host *host, struct graph_sink *sink,
                     const struct config_node *name, struct diag *diag)
{
    if (!host->at_least_once)
        return true;
    if (sink->overflow != LANE_BLOCK) {
        diag_add(diag, name,
                 "sink %s drops events when it is slow, so delivery cannot be at-least-once; "
                 "allowed is overflow: block",
                 sink->name);
        return false;
    }
    if (host->type)
        build_enter_keeper(host->type->stream, sink);
    return true;
}

bool build_enter_route(struct graph *graph, struct graph_type *type, uint32_t index, uint32_t more)
{
    struct graph_sink *sink = graph->sinks[index];

    enter_sink(type->stream, sink);
    type->copies[index] += more;
    if (type->copies[index] > graph->copies[index])
        graph->copies[index] = type->copies[index];
    return type->copies[index] <= GRAPH_COPIES_MAX;
}

/* Where no source is known, there are no fields either that a format could be held against. */
static const struct outlet no_outlet = {.sink_name = "", .format = &json_encoder_ops};

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
        struct graph_sink *sink = graph->sinks[i];

        if (strcmp(sink->name, name->text) == 0) {
            if (!may_keep(own, sink, name, diag))
                return NULL;
            if (!own->type)
                return &no_outlet;
            if (build_enter_route(graph, own->type, i, 1))
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
    ops = build_find_handler(build, entry->first->key);
    if (ops)
        return ops;
    refusal_init(&refusal, entry->first->key);
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        refusal_offer(&refusal, (*kind)->name);
    for (uint32_t i = 0; i < build->graph->n_plugins; i++)
        refusal_offer(&refusal, build->graph->plugins[i]->ops.name);
    diag_add_key(build->diag, entry->first, "unknown handler; %s", refusal_text(&refusal));
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

/* A list must lead somewhere, and nothing can come after its end. */
static void check_end(const struct build_host *host, const struct config_node *entry,
                      const struct handler_ops *ops)
{
    if (ops->divides && entry->next)
        diag_add(host->build->diag, entry->next,
                 "nothing comes here: a %s sends each record into one of its branches", ops->name);
    else if (!entry->next && !ops->forwards && !ops->divides)
        diag_add(host->build->diag, entry,
                 "a %s ends with a forward; what passes here goes nowhere",
                 host->way > 0 ? "branch" : "pipeline");
}

static void open_fork(struct build_host *host, struct fork *fork)
{
    host->fork = NULL;
    if (!host->base.ops->divides || !host->type)
        return;
    memset(fork, 0, sizeof(*fork));
    memcpy(fork->before, host->type->copies, host->build->graph->n_sinks * sizeof(*fork->before));
    host->fork = fork;
}

static void close_fork(const struct build_host *host)
{
    if (host->fork)
        memcpy(host->type->copies, host->fork->most,
               host->build->graph->n_sinks * sizeof(*host->fork->most));
}

/* Its place in the strand comes before those of the handlers in its branches. */
static void open_handler(struct build_host *host, const struct config_node *entry,
                         const struct handler_ops *ops)
{
    struct strand *strand = host->strand;
    struct handler *handler = NULL;
    struct fork fork;
    int result;

    if (strand->n_handlers == STRAND_HANDLERS_MAX) {
        diag_add(host->build->diag, entry,
                 "at most %d handlers are allowed, with those in branches", STRAND_HANDLERS_MAX);
        return;
    }
    if (host->at_least_once && ops->forgets) {
        diag_add_key(host->build->diag, entry->first,
                     "what a %s knows is lost with the process, so delivery cannot be "
                     "at-least-once behind it",
                     ops->name);
        return;
    }
    host->base.ops = ops;
    host->index = strand->n_handlers++;
    strand->ways[host->index] = host->way;
    open_fork(host, &fork);
    result = ops->open(entry->first, &host->base, host->build->diag, &handler);
    close_fork(host);
    if (result == -ENOMEM)
        diag_add(host->build->diag, entry, "out of memory");
    if (result < 0)
        return;
    strand->handlers[host->index] = handler;
    strand->makes |= ops->make != NULL;
    if (handler->schema)
        host->base.schema = handler->schema;
}

/* Opens the handlers of a list, as far as they can be. Without a type, those that read fields
 * are passed over. */
static void open_list(struct build_host *host, const struct config_node *list)
{
    if (!check_handler_list(host->build, list))
        return;
    for (const struct config_node *entry = list->first; entry; entry = entry->next) {
        const struct handler_ops *ops = find_handler(host->build, entry);

        if (!ops)
            continue;
        check_end(host, entry, ops);
        if (host->type || !ops->reads_fields)
            open_handler(host, entry, ops);
    }
}

static void open_branch(struct build_host *host, const struct config_node *list)
{
    uint32_t n_sinks = host->build->graph->n_sinks;
    struct fork *fork = host->fork;

    if (fork)
        memcpy(host->type->copies, fork->before, n_sinks * sizeof(*fork->before));
    open_list(host, list);
    for (uint32_t i = 0; fork && i < n_sinks; i++)
        if (host->type->copies[i] > fork->most[i])
            fork->most[i] = host->type->copies[i];
}

static struct branch *host_branch(const struct handler_host *base, const struct config_node *list,
                                  const char *label, struct diag *diag)
{
    struct build_host host = *(const struct build_host *)base;
    size_t before = diag_count(diag);
    struct strand_branch *branch;

    if (host.strand->n_branches == STRAND_BRANCHES_MAX) {
        diag_add(diag, list, "at most %d branches are allowed in a pipeline", STRAND_BRANCHES_MAX);
        return NULL;
    }
    branch = strand_add_branch(host.strand, host.index, label);
    if (!branch) {
        diag_add(diag, list, "out of memory");
        return NULL;
    }
    if (branch->depth > STRAND_DEPTH_MAX) {
        diag_add(diag, list, "branches may stand inside each other at most %d deep",
                 STRAND_DEPTH_MAX);
        return NULL;
    }
    host.way = branch->way;
    open_branch(&host, list);
    return diag_count(diag) == before ? &branch->base : NULL;
}

static void open_handlers(struct build_host *host, const struct pipeline_config *config,
                          struct strand *strand)
{
    strand_set_budget(strand, config->budget, host->build->speed);
    host->strand = strand;
    host->base.defs = host->build->graph->defs;
    host->base.wall = &host->build->graph->common->wall;
    host->base.resolver = host->build->graph->common->resolver;
    host->base.outlet = host_outlet;
    host->base.branch = host_branch;
    host->at_least_once = config->delivery == DELIVERY_AT_LEAST_ONCE;
    if (host->type)
        host->type->stream->at_least_once |= host->at_least_once;
    open_list(host, config->handlers);
}

/* None of the pipeline's sources is known: what can be said of its handlers is said all the same.
 */
static void check_orphans(struct build *build, const struct pipeline_config *config)
{
    static const struct schema no_fields = {.type_name = "nothing"};
    struct build_host host = {.base = {.schema = &no_fields, .source_name = ""}, .build = build};
    struct strand strand = {.n_handlers = 0};

    open_handlers(&host, config, &strand);
    strand_deinit(&strand);
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

/* All other types that the pipeline reads of the source, NULL-ended; room for all of them. */
static void list_siblings(const struct source *source, const struct schema *own,
                          const struct setting_texts *names, const struct schema **siblings)
{
    for (uint32_t i = 0; i < source->n_streams; i++)
        for (uint32_t j = 0; j < source->streams[i].n_types; j++) {
            const struct stream_type *type = &source->streams[i].types[j];

            if (type->schema != own && reads_type(names, type))
                *siblings++ = type->schema;
        }
    *siblings = NULL;
}

/* "open_event" of "struct open_event". */
static const char *bare_name(const char *type_name)
{
    const char *space = strrchr(type_name, ' ');

    return space ? space + 1 : type_name;
}

/* What the strand's handlers have added to the copies of its type. */
static int note_routes(const struct graph *graph, struct graph_strand *strand,
                       const uint32_t *before)
{
    strand->routes = calloc(graph->n_sinks + 1, sizeof(*strand->routes));
    if (!strand->routes)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (strand->type->copies[i] > before[i])
            strand->routes[strand->n_routes++] =
                (struct graph_route){graph->sinks[i], strand->type->copies[i] - before[i]};
    return 0;
}

static int build_strand(struct build *build, const struct pipeline_config *config,
                        struct graph_type *type, const struct graph_pipeline *pipeline,
                        const struct setting_texts *names, const struct schema **siblings)
{
    struct graph_strand *strand = graph_add_strand(build->graph, type, pipeline, config->handlers);
    const struct source *source = type->stream->source;
    struct build_host host = {.build = build, .type = type};
    uint32_t before[GRAPH_SINKS_MAX];

    if (!strand)
        return -ENOMEM;
    if (!type->type)
        return 0; /* its records pass no handler */
    strand->apart = !reads_type(names, type->type);
    if (strand->apart)
        return 0;
    host.base.schema = type->type->schema;
    host.base.source_name = type->type->source_name;
    list_siblings(source, host.base.schema, names, siblings);
    if (siblings[0])
        host.base.siblings = siblings;
    if (type->stream->stream->capture)
        host.base.type = type->type->label;
    else if (siblings[0])
        host.base.type = bare_name(host.base.schema->type_name);
    memcpy(before, type->copies, build->graph->n_sinks * sizeof(*before));
    open_handlers(&host, config, &strand->strand);
    type->stream->makes |= strand->strand.makes;
    return note_routes(build->graph, strand, before);
}

/* Of many types, what is wrong with the first is most likely wrong with all. */
static int build_strands(struct build *build, const struct pipeline_config *config,
                         struct graph_source *source, const struct graph_pipeline *pipeline,
                         const struct setting_texts *names)
{
    const struct schema **siblings =
        calloc(count_types(source->source) + 1, sizeof(const struct schema *));
    size_t before = diag_count(build->diag);
    int result = siblings ? 0 : -ENOMEM;

    source->n_pipelines++;
    for (uint32_t i = 0; i < source->source->n_streams; i++) {
        struct graph_stream *stream = &source->streams[i];

        for (uint32_t j = 0; j < stream->n_types && result == 0; j++)
            if (diag_count(build->diag) == before)
                result = build_strand(build, config, &stream->types[j], pipeline, names, siblings);
    }
    free(siblings);
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

/* The capture stands for all sources that the section names; NULL: it could not be opened, or that
 * is none of them. */
static struct graph_source *find_in_capture(struct build *build, const char *name,
                                            const struct config_node *section)
{
    struct graph_source *source = build->graph->n_sources ? build->graph->sources : NULL;

    if (!source || !section || section->kind != CONFIG_MAP || !config_map_get(section, name))
        return NULL;
    if (!has_records_of(source->source, name))
        log_about(LOG_LEVEL_WARNING, "source", name, "the capture has no records of it");
    return source;
}

static struct graph_source *resolve_source(struct build *build, const struct setting_texts *from,
                                           uint32_t index, const struct config_node *section)
{
    struct graph_source *source = build->capture
                                      ? find_in_capture(build, from->items[index], section)
                                      : find_source(build->graph, from->items[index]);
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

static int build_pipeline(struct build *build, const struct config_node *entry,
                          const struct config_node *sources, struct graph_pipeline *pipeline)
{
    const struct graph_pipeline *kept;
    struct pipeline_config bound;
    uint32_t known = 0;

    pipeline->name = entry->key;
    pipeline->identity = identity_new(entry, IDENTITY_PIPELINE);
    if (!pipeline->identity)
        return -ENOMEM;
    setting_bind(pipeline_settings, entry, &bound, build->diag);
    pipeline->at_least_once = bound.delivery == DELIVERY_AT_LEAST_ONCE;
    kept = build_find_kept_pipeline(build, pipeline, &bound.from);
    for (uint32_t i = 0; i < bound.from.count; i++) {
        struct graph_source *source = resolve_source(build, &bound.from, i, sources);

        if (!source || !bound.handlers)
            continue;
        if (build->capture && known > 0)
            continue; /* the same one, and it has been asked for all names */
        if ((kept ? build_keep_strands(build, source, pipeline, kept)
                  : build_strands(build, &bound, source, pipeline,
                                  build->capture ? &bound.from : NULL)) < 0)
            return -ENOMEM;
        known++;
    }
    if (bound.handlers && known == 0)
        check_orphans(build, &bound);
    return 0;
}

/* Room at each type and stream for a route to every sink. */
static int make_room(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++) {
            struct graph_stream *stream = &graph->sources[i].streams[j];

            stream->sinks = calloc(graph->n_sinks + 1, sizeof(*stream->sinks));
            stream->keepers = calloc(graph->n_sinks + 1, sizeof(*stream->keepers));
            if (!stream->sinks || !stream->keepers)
                return -ENOMEM;
            for (uint32_t k = 0; k < stream->n_types; k++) {
                stream->types[k].copies = calloc(graph->n_sinks + 1, sizeof(uint32_t));
                if (!stream->types[k].copies)
                    return -ENOMEM;
            }
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
    build->speed = cycles_per_ns();
    result = graph->pipelines ? make_room(graph) : -ENOMEM;
    for (const struct config_node *entry = section->first; entry && result == 0;
         entry = entry->next)
        result = build_pipeline(build, entry, sources, &graph->pipelines[graph->n_pipelines++]);
    return result;
}
