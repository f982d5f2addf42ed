// SPDX-License-Identifier: Apache-2.0

/* From the tree of a config to a graph, in the order of dependence: sources and sinks, then the
 * pipelines that name them. Each step reports its errors and the next one goes on with what there
 * is, so that one look at the messages mends the whole file. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/resolver.h"
#include "base/suggestion.h"
#include "base/thread.h"
#include "config/setting.h"
#include "encode/registry.h"
#include "expr/defs.h"
#include "pipeline/build.h"
#include "pipeline/canonical_text.h"
#include "sink/sink_kinds.h"

struct top_config {
    int64_t version;
    struct setting_texts plugins;
    const struct config_node *sources;
    const struct config_node *sinks;
    const struct config_node *pipelines;
    const struct config_node *defs;
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
        .doc = "the version of the config format",
    },
    {
        .name = "plugins",
        .type = SETTING_TEXTS,
        .offset = offsetof(struct top_config, plugins),
        .maximum = GRAPH_PLUGINS_MAX,
        .doc = "shared objects with handlers, see docs/plugins.md",
    },
    {
        .name = "sources",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, sources),
        .required = true,
        .doc = "the sources of records, by name",
    },
    {
        .name = "sinks",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, sinks),
        .required = true,
        .doc = "the sinks that events are written to, by name",
    },
    {
        .name = "pipelines",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, pipelines),
        .required = true,
        .doc = "the pipelines from sources to sinks, by name",
    },
    {
        .name = "defs",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, defs),
        .doc = "named expressions for use in other expressions",
    },
    {
        .name = "control",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, control),
        .doc = "the control socket and the HTTP address of the running daemon",
    },
    {
        .name = "health",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, health),
        .doc = "the limits beyond which the daemon is unhealthy",
    },
    {
        .name = "log",
        .type = SETTING_NODE,
        .offset = offsetof(struct top_config, log),
        .doc = "the log lines of the daemon itself",
    },
    {0},
};

struct sink_config {
    const char *type;
    const char *format;
    int overflow;
};

static const struct setting_choice overflow_choices[] = {
    {"block", LANE_BLOCK},
    {"drop", LANE_DROP_NEWEST},
    {"drop-newest", LANE_DROP_NEWEST},
    {"drop-oldest", LANE_DROP_OLDEST},
    {0},
};

static const struct setting sink_settings[] = {
    {
        .name = "type",
        .type = SETTING_NAME,
        .offset = offsetof(struct sink_config, type),
        .required = true,
        .doc = "the type of sink",
    },
    {
        .name = "format",
        .type = SETTING_NAME,
        .offset = offsetof(struct sink_config, format),
        .fallback = "json",
        .doc = "the output format of events",
    },
    {
        .name = "overflow",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct sink_config, overflow),
        .fallback = "block",
        .choices = overflow_choices,
        .doc = "when the sink is too slow: stop reading its sources, or drop the newest or the "
               "oldest events",
    },
    {0},
};

/* Type and format alone are bound first: they say which other keys there are. */
#define SINK_TYPE   (&sink_settings[0])
#define SINK_FORMAT (&sink_settings[1])

/* ---- sections -------------------------------------------------------------------------------- */

static bool name_is_plain(const char *name)
{
    const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return *name && strlen(name) <= GRAPH_NAME_MAX && name[strspn(name, plain)] == '\0';
}

uint32_t build_check_section(struct build *build, const struct config_node *section,
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

/* 0, also after a message, or -ENOMEM. */
static int build_source(struct build *build, const struct config_node *entry)
{
    _cleanup_(cleanup_free) char *identity = canonical_text_new(entry, IDENTITY_SOURCE);
    const struct source_entry *kept;
    struct source *source;
    int result;

    if (!identity)
        return -ENOMEM;
    kept = build_find_reused_source(build, entry, identity);
    if (kept)
        return graph_share_source(build->graph, kept);
    if (build->open_source(entry, build->diag, &source) < 0)
        return 0;
    result = graph_add_source(build->graph, source, entry);
    if (result == 0)
        build->graph->sources[build->graph->n_sources - 1].share->identity = TAKE_PTR(identity);
    return result;
}

static int build_sources(struct build *build, const struct config_node *section)
{
    struct graph *graph = build->graph;
    uint32_t count = build_check_section(build, section, "sources", GRAPH_SOURCES_MAX);

    if (count == 0)
        return 0;
    graph->sources = calloc(count, sizeof(*graph->sources));
    if (!graph->sources)
        return -ENOMEM;
    if (build->capture)
        return build_source(build, build->capture);
    for (const struct config_node *entry = section->first; entry; entry = entry->next)
        if (build_source(build, entry) < 0)
            return -ENOMEM;
    return 0;
}

/* ---- sinks ----------------------------------------------------------------------------------- */

/* NULL after a message. */
static const struct sink_ops *find_sink_kind(struct build *build, const struct config_node *entry)
{
    const struct config_node *type = config_map_get(entry, "type");
    const struct sink_ops *ops;
    struct sink_config common;
    struct suggestion suggestion;

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
    suggestion_init(&suggestion, type->text);
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++)
        suggestion_offer(&suggestion, (*kind)->name);
    diag_add(build->diag, type, "unknown type of sink; %s", suggestion_words(&suggestion));
    return NULL;
}

/* NULL after a message. */
static const struct encoder_ops *find_format(struct build *build, const struct config_node *entry,
                                             const struct sink_ops *sink)
{
    const struct config_node *format = config_map_get(entry, SINK_FORMAT->name);
    struct sink_config common = {.format = SINK_FORMAT->fallback};
    const struct encoder_ops *ops;
    struct suggestion suggestion;

    if (sink->format) {
        if (format)
            diag_add_key(build->diag, format,
                         "a sink of type %s has a fixed format; remove format:", sink->name);
        return sink->format; /* the other keys can be judged all the same */
    }
    if (format && setting_bind_value(SINK_FORMAT, format, &common, build->diag) > 0)
        return NULL;
    ops = encoder_find(common.format);
    if (ops)
        return ops;
    suggestion_init(&suggestion, common.format);
    for (const struct encoder_ops *const *kind = encoder_kinds; *kind; kind++)
        suggestion_offer(&suggestion, (*kind)->name);
    diag_add(build->diag, format, "unknown format; %s", suggestion_words(&suggestion));
    return NULL;
}

static void check_sink(struct build *build, const struct config_node *entry,
                       const struct graph_sink *sink)
{
    const struct config_node *node;
    const char *key = NULL;
    struct error error;

    if (!sink->ops->check ||
        sink->ops->check(sink->config, sink->outlet.format->framing, &error, &key) == 0)
        return;
    node = key ? config_map_get(entry, key) : NULL;
    diag_add_error(build->diag, node ? node : entry, &error);
}

/* The keys of a sink: those that all have, those of its type, those of its format. */
static int bind_sink(struct build *build, const struct config_node *entry, struct graph_sink *sink,
                     const struct encoder_ops *format, struct sink_config *common)
{
    struct setting_table tables[3] = {{sink_settings, common}};
    size_t n_tables = 1;

    sink->config = calloc(1, sink->ops->config_size + 1);
    sink->format_config = calloc(1, format->config_size + 1);
    if (!sink->config || !sink->format_config)
        return -ENOMEM;
    if (sink->ops->settings)
        tables[n_tables++] = (struct setting_table){sink->ops->settings, sink->config};
    if (format->settings)
        tables[n_tables++] = (struct setting_table){format->settings, sink->format_config};
    if (setting_bind_tables(tables, n_tables, entry, build->diag) > 0)
        return 0;
    sink->outlet.format = format;
    check_sink(build, entry, sink);
    return 0;
}

static int build_sink(struct build *build, const struct config_node *entry, struct graph_sink *sink)
{
    struct sink_config common = {0};
    const struct encoder_ops *format;
    int result;

    sink->ops = find_sink_kind(build, entry);
    if (!sink->ops)
        return 0; /* its other keys cannot be judged */
    format = find_format(build, entry, sink->ops);
    if (!format)
        return 0;
    result = bind_sink(build, entry, sink, format, &common);
    sink->overflow = (enum lane_overflow)common.overflow;
    sink->outlet.sink_name = sink->name;
    sink->outlet.format_config = sink->format_config;
    sink->outlet.config = entry;
    sink->outlet.common = &sink->common;
    sink->outlet.lane = &sink->lane;
    return result;
}

/* Two writers to one standard output would mix their chunks. */
static void check_once(struct build *build, const struct config_node *entry,
                       const struct graph_sink *sink)
{
    for (uint32_t i = 0; sink->ops && sink->ops->once && i + 1 < build->graph->n_sinks; i++)
        if (build->graph->sinks[i]->ops == sink->ops)
            diag_add(build->diag, entry,
                     "only one sink of type %s is allowed; \"%s\" is already defined",
                     sink->ops->name, build->graph->sinks[i]->name);
}

static int build_next_sink(struct build *build, const struct config_node *entry)
{
    _cleanup_(cleanup_free) char *identity = canonical_text_new(entry, IDENTITY_SINK);
    struct graph_sink *sink;
    int result;

    if (!identity)
        return -ENOMEM;
    sink = build_find_reused_sink(build, entry, identity);
    if (sink) {
        graph_share_sink(build->graph, sink);
        return 0;
    }
    sink = graph_add_sink(build->graph, entry);
    if (!sink)
        return -ENOMEM;
    sink->share.identity = TAKE_PTR(identity);
    result = build_sink(build, entry, sink);
    if (result == 0)
        check_once(build, entry, sink);
    return result;
}

static int build_sinks(struct build *build, const struct config_node *section)
{
    struct graph *graph = build->graph;
    uint32_t count = build_check_section(build, section, "sinks", GRAPH_SINKS_MAX);
    int result = 0;

    if (count == 0)
        return 0;
    graph->sinks = calloc(count, sizeof(*graph->sinks));
    if (!graph->sinks)
        return -ENOMEM;
    for (const struct config_node *entry = section->first; entry && result == 0;
         entry = entry->next)
        result = build_next_sink(build, entry);
    return result;
}

/* A source that nobody reads from is not loaded: it would cost the machine and fill its ring. */
static void drop_unused(struct graph *graph, bool tell)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < graph->n_sources; i++) {
        if (graph->sources[i].n_pipelines > 0) {
            graph->sources[kept++] = graph->sources[i];
            continue;
        }
        if (tell)
            log_about(LOG_LEVEL_WARNING, "source", graph->sources[i].source->name,
                      "not started: no pipeline reads from this source");
        source_entry_deinit(&graph->sources[i]);
    }
    graph->n_sources = kept;
}

/* Then names of ids come with the records. */
static bool all_are_captures(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++)
            if (!graph->sources[i].source->streams[j].capture)
                return false;
    return graph->n_sources > 0;
}

int build_graph(struct build *build, const struct config_tree *tree)
{
    struct top_config top;
    int result;

    result = graph_set_common(build->graph, tree, build->trial ? build->old : NULL);
    if (result < 0)
        return result;
    setting_bind(top_settings, tree->root, &top, build->diag);
    build_plugins(build, &top.plugins);
    result = build_sources(build, top.sources);
    if (result == 0)
        result = build_sinks(build, top.sinks);
    if (result == 0)
        build_check_files(build, top.sources);
    if (result == 0)
        result = expr_defs_new(top.defs, build->diag, &build->graph->defs);
    if (result == 0)
        result = build_pipelines(build, top.pipelines, top.sources);
    if (result == 0)
        build_check_metrics(build);
    if (result == 0 && diag_count(build->diag) > 0)
        result = -EINVAL;
    if (result < 0)
        return result;
    drop_unused(build->graph, !build->trial);
    if (all_are_captures(build->graph) && !build->trial)
        resolver_set_given(build->graph->common->resolver);
    return graph_list_inputs(build->graph);
}

static int build_new(struct build *build, const struct config_tree *tree, struct graph **ret)
{
    _cleanup_(cleanup_graph_free) struct graph *graph = build->graph = calloc(1, sizeof(*graph));
    int result;

    thread_begin_setup();
    result = graph ? build_graph(build, tree) : -ENOMEM;
    thread_end_setup();

    if (result == -ENOMEM)
        diag_add_place(build->diag, tree->name, 0, 0, "out of memory");
    if (result < 0)
        return result;
    *ret = TAKE_PTR(graph);
    return 0;
}

int graph_build(const struct config_tree *tree, struct diag *diag, struct graph **ret)
{
    struct build build = {.diag = diag, .open_source = source_open};

    return build_new(&build, tree, ret);
}

int graph_build_replay(const struct config_tree *tree, const struct config_node *capture,
                       struct diag *diag, struct graph **ret)
{
    struct build build = {.diag = diag, .open_source = source_open, .capture = capture};

    return build_new(&build, tree, ret);
}

/* First as if nothing ran: the messages are those that a start would give, and what the sinks need
 * is known. */
int graph_build_next(const struct config_tree *tree, const struct graph *old, struct diag *diag,
                     struct graph **ret)
{
    _cleanup_(cleanup_graph_free) struct graph *trial = NULL;
    struct build build = {.diag = diag, .open_source = source_open, .old = old};
    int result = build_new(&build, tree, &trial);

    if (result < 0)
        return result;
    if (resolver_is_given(trial->common->resolver) != resolver_is_given(old->common->resolver)) {
        diag_add_key(diag, config_map_get(tree->root, "sources"),
                     "a reload cannot replace live sources with captures, or captures with live "
                     "sources; restart the daemon");
        return -EINVAL;
    }
    build.trial = trial;
    return build_new(&build, tree, ret);
}
