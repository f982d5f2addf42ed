// SPDX-License-Identifier: Apache-2.0

/* Two writers to one file mix their events, rename it unknown to each other, and compress and
 * delete each other's rotated files. Paths differ easily and lead to one file all the same, so they
 * are compared by where they lead to. */

#include "base/file_place.h"
#include "pipeline/build.h"

/* NULL: it has no file, or a mistake that was reported. */
static const char *file_of(const struct graph_sink *sink)
{
    return sink->ops && sink->ops->file && sink->config ? sink->ops->file(sink->config) : NULL;
}

static const struct config_node *path_node(const struct graph_sink *sink)
{
    const struct config_node *path = config_map_get(sink->outlet.config, "path");

    return path ? path : sink->outlet.config;
}

/* Whether the second one's file is named like those that the first one has rotated away. */
static bool owns_name(const struct graph_sink *one, const struct graph_sink *other)
{
    char own[NAME_MAX + 1], name[NAME_MAX + 1];

    return one->ops->owns_name && file_place_neighbours(file_of(one), file_of(other), own, name) &&
           one->ops->owns_name(one->config, own, name);
}

static void compare_sinks(struct build *build, const struct graph_sink *one,
                          const struct graph_sink *other)
{
    if (!file_of(one) || !file_of(other))
        return;
    if (file_place_same(file_of(one), file_of(other)))
        diag_add(build->diag, path_node(other),
                 "the sink \"%s\" already writes to this file; give each sink its own file",
                 one->name);
    else if (owns_name(one, other) || owns_name(other, one))
        diag_add(build->diag, path_node(other),
                 "the file names of this sink and of the sink \"%s\" collide: one of them would "
                 "treat the other's file as its own rotated file; choose another name",
                 one->name);
}

static void compare_source(struct build *build, const struct config_node *entry,
                           const struct graph_sink *sink)
{
    const struct config_node *capture = config_map_get(entry, "capture");

    if (capture && capture->text && capture->text[0] == '/' && file_of(sink) &&
        file_place_same(capture->text, file_of(sink)))
        diag_add(build->diag, path_node(sink),
                 "the source \"%s\" reads this file; choose another file", entry->key);
}

static void compare_sources(struct build *build, const struct config_node *sources,
                            const struct graph_sink *sink)
{
    const struct config_node *first =
        sources && sources->kind == CONFIG_MAP ? sources->first : NULL;

    if (build->capture) {
        compare_source(build, build->capture, sink);
        return;
    }
    for (const struct config_node *entry = first; entry; entry = entry->next)
        if (entry->kind == CONFIG_MAP)
            compare_source(build, entry, sink);
}

void build_check_files(struct build *build, const struct config_node *sources)
{
    const struct graph *graph = build->graph;

    if (build->trial)
        return; /* that has found what there is to find */
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        compare_sources(build, sources, graph->sinks[i]);
        for (uint32_t j = 0; j < i; j++)
            compare_sinks(build, graph->sinks[j], graph->sinks[i]);
    }
}
