// SPDX-License-Identifier: Apache-2.0

/* Plug-ins become handlers before the pipelines are built; from there on nothing knows which
 * handlers are built in. */

#include <errno.h>
#include <string.h>

#include "pipeline/build.h"
#include "pipeline/handlers.h"
#include "plugin/plugin.h"

const struct handler_ops *build_find_handler(const struct build *build, const char *name)
{
    const struct handler_ops *ops = handler_find(name);

    for (uint32_t i = 0; !ops && i < build->graph->n_plugins; i++)
        if (strcmp(build->graph->plugins[i]->ops.name, name) == 0)
            ops = &build->graph->plugins[i]->ops;
    return ops;
}

/* The running graph's, when it has one of that path; the linker would not load another beside it.
 */
static int load(const struct build *build, const char *path, struct error *error,
                struct plugin **ret_plugin)
{
    for (uint32_t i = 0; build->old && i < build->old->n_plugins; i++) {
        struct plugin *plugin = build->old->plugins[i];

        if (strcmp(plugin->path, path) != 0)
            continue;
        if (!plugin_is_of(plugin, path))
            return error_set(
                error, -EBUSY,
                "the file has changed; a reload cannot replace a plug-in, so restart the daemon");
        *ret_plugin = plugin_hold(plugin);
        return 0;
    }
    return plugin_load(path, error, ret_plugin);
}

static void build_plugin(struct build *build, const char *path, const struct config_node *node)
{
    struct plugin *plugin;
    struct error error;

    if (load(build, path, &error, &plugin) < 0) {
        diag_add_error(build->diag, node, &error);
        return;
    }
    if (build_find_handler(build, plugin->ops.name)) {
        diag_add(build->diag, node, "handler name %s is already taken", plugin->ops.name);
        plugin_unload(plugin);
        return;
    }
    build->graph->plugins[build->graph->n_plugins++] = plugin;
}

void build_plugins(struct build *build, const struct setting_texts *paths)
{
    for (uint32_t i = 0; i < paths->count; i++)
        build_plugin(build, paths->items[i], paths->nodes[i]);
}
