// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A handler that is loaded from a shared object; it is written against <ringmill/handler.h>. One
 * thread at a time. */

#include <ringmill/handler.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/setting.h"
#include "record/handler.h"

enum {
    PLUGIN_OPTIONS_MAX = 32,
    PLUGIN_COUNTERS_MAX = 16,
    PLUGIN_FIELDS_MAX = 16, /* that one plug-in may add */
    PLUGIN_NAME_MAX = 32,   /* bytes of a handler's name */
};

/* The symbol that a plug-in exports. */
#define PLUGIN_SYMBOL "ringmill_handler_table"

struct plugin {
    struct handler_ops ops; /* first: it is how the handler's open() finds the plug-in */
    const struct ringmill_handler *table;
    uint32_t n_options;
    uint32_t n_counters;
    struct setting settings[PLUGIN_OPTIONS_MAX + 1]; /* as its options say */
    struct row rows[PLUGIN_COUNTERS_MAX];            /* as its counters say */
    void *library;
    char *path;       /* NULL: not out of a file */
    struct stat file; /* as it was loaded */
    uint32_t holders; /* calls of plugin_hold() without their plugin_unload() yet */
};

/* Checks whether the file can be trusted, loads it and checks its table. 0 and a plug-in that the
 * caller owns, or -errno and a sentence. */
int plugin_load(const char *path, struct error *error, struct plugin **ret_plugin);
/* Whether loading that file now would give this plug-in. */
bool plugin_is_of(const struct plugin *plugin, const char *path);
/* Adds a user, who must call plugin_unload(). Returns plugin. */
struct plugin *plugin_hold(struct plugin *plugin);
/* Removes a user; the last one unloads it, and then no handler of it may be open. Accepts NULL. */
void plugin_unload(struct plugin *plugin);
DEFINE_CLEANUP(struct plugin, plugin_unload);

/* Fills the plug-in's table as a handler, all but its settings and rows (adapter.c). */
void adapter_init(struct plugin *plugin);

/* The second half of plugin_load(): a plug-in of this table, which stays the caller's. */
int plugin_adopt(const struct ringmill_handler *table, struct error *error,
                 struct plugin **ret_plugin);
