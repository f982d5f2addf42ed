// SPDX-License-Identifier: Apache-2.0

/* What a plug-in says about itself is translated once, into the tables that all handlers have, so
 * that its options are checked, its counters shown and its name looked up as those of any other.
 * Nothing of a table with another version is read: it may be laid out differently. */

#include "plugin/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/trust.h"

static bool is_word(const char *name)
{
    const char *const letters = "abcdefghijklmnopqrstuvwxyz";
    const char *const word = "abcdefghijklmnopqrstuvwxyz0123456789_";

    return *name && strchr(letters, *name) && name[strspn(name, word)] == '\0' &&
           strlen(name) <= PLUGIN_NAME_MAX;
}

/* ---- options --------------------------------------------------------------------------------- */

static const struct {
    enum setting_type type;
    size_t offset;
} types[] = {
    [RINGMILL_OPTION_TEXT] = {SETTING_TEXT, offsetof(struct ringmill_option_value, text)},
    [RINGMILL_OPTION_PATH] = {SETTING_PATH, offsetof(struct ringmill_option_value, text)},
    [RINGMILL_OPTION_BOOL] = {SETTING_BOOL, offsetof(struct ringmill_option_value, truth)},
    [RINGMILL_OPTION_INTEGER] = {SETTING_INTEGER, offsetof(struct ringmill_option_value, integer)},
    [RINGMILL_OPTION_SIZE] = {SETTING_SIZE, offsetof(struct ringmill_option_value, integer)},
    [RINGMILL_OPTION_DURATION] = {SETTING_DURATION,
                                  offsetof(struct ringmill_option_value, integer)},
};

static int translate_option(struct plugin *plugin, const struct ringmill_option *option,
                            struct error *error)
{
    struct setting *setting = &plugin->settings[plugin->n_options];

    if (plugin->n_options == PLUGIN_OPTIONS_MAX)
        return error_set(error, -EINVAL, "too many options; at most %d are allowed",
                         PLUGIN_OPTIONS_MAX);
    if (!is_word(option->name) || !option->doc)
        return error_set(
            error, -EINVAL,
            "the option \"%s\" needs a doc and a name of lower case letters, digits and _",
            option->name);
    if ((unsigned)option->type >= sizeof(types) / sizeof(types[0]))
        return error_set(error, -EINVAL, "the option %s has an unknown type", option->name);
    *setting = (struct setting){
        .name = option->name,
        .type = types[option->type].type,
        .offset =
            plugin->n_options * sizeof(struct ringmill_option_value) + types[option->type].offset,
        .minimum = option->minimum,
        .maximum = option->maximum,
        .fallback = option->required ? NULL : option->fallback,
        .required = option->required,
        .doc = option->doc,
    };
    plugin->n_options++;
    if (!setting_fallback_is_valid(setting))
        return error_set(error, -EINVAL, "the option %s has an invalid fallback", option->name);
    return 0;
}

static int translate_counter(struct plugin *plugin, const struct ringmill_counter *from,
                             struct error *error)
{
    if (plugin->n_counters == PLUGIN_COUNTERS_MAX)
        return error_set(error, -EINVAL, "too many counters; at most %d are allowed",
                         PLUGIN_COUNTERS_MAX);
    if (!is_word(from->name) || !from->help)
        return error_set(
            error, -EINVAL,
            "the counter \"%s\" needs a help text and a name of lower case letters, digits and _",
            from->name);
    plugin->rows[plugin->n_counters++] = (struct row){
        .name = from->name,
        .unit = "",
        .kind = from->level ? ROW_LEVEL : ROW_COUNT,
        .help = from->help,
    };
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int check_table(const struct ringmill_handler *table, struct error *error)
{
    if (table->abi != RINGMILL_HANDLER_ABI)
        return error_set(error, -EINVAL,
                         "it was built for version %u of the handler interface, but this ringmilld "
                         "has version %d; build it again",
                         table->abi, RINGMILL_HANDLER_ABI);
    if (!table->name || !table->doc || !table->open || !table->process ||
        (table->counters && !table->counter))
        return error_set(error, -EINVAL, "its handler table lacks %s",
                         !table->name      ? "a name"
                         : !table->doc     ? "a doc"
                         : !table->open    ? "open()"
                         : !table->process ? "process()"
                                           : "counter(), although it has counters");
    if (table->flags & ~RINGMILL_READS_VIEWS)
        return error_set(error, -EINVAL, "its flags 0x%x are unknown", table->flags);
    if (!is_word(table->name))
        return error_set(
            error, -EINVAL,
            "invalid handler name \"%s\"; use at most %d lower case letters, digits and _",
            table->name, PLUGIN_NAME_MAX);
    return 0;
}

static int translate(struct plugin *plugin, struct error *error)
{
    const struct ringmill_handler *table = plugin->table;
    int result = 0;

    for (const struct ringmill_option *option = table->options;
         option && option->name && result == 0; option++)
        result = translate_option(plugin, option, error);
    for (const struct ringmill_counter *from = table->counters; from && from->name && result == 0;
         from++)
        result = translate_counter(plugin, from, error);
    return result;
}

int plugin_adopt(const struct ringmill_handler *table, struct error *error,
                 struct plugin **ret_plugin)
{
    _cleanup_(cleanup_free) struct plugin *plugin = NULL;
    int result = check_table(table, error);

    if (result < 0)
        return result;
    plugin = calloc(1, sizeof(*plugin));
    if (!plugin)
        return error_set(error, -ENOMEM, "out of memory");
    plugin->table = table;
    adapter_init(plugin);
    result = translate(plugin, error);
    if (result == 0)
        *ret_plugin = TAKE_PTR(plugin);
    return result;
}

/* ---- is the file complete? ------------------------------------------------------------------- */

static int check_segments(Elf *elf, size_t size, struct error *error)
{
    size_t n = 0;

    if (elf_getphdrnum(elf, &n) < 0)
        return error_set(error, -EINVAL, "cannot be loaded: its ELF headers are damaged");
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr segment;

        if (!gelf_getphdr(elf, (int)i, &segment))
            return error_set(error, -EINVAL, "cannot be loaded: its ELF headers are damaged");
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
            return error_set(
                error, -EINVAL,
                "cannot be loaded: the file ends after %zu bytes, before its last section", size);
    }
    return 0;
}

/* Refuses a file that ends before what its headers promise, as after an installation that was
 * interrupted: the dynamic linker maps it, and the process would get SIGBUS. What is not an ELF
 * file is left to the linker to refuse. */
static int check_complete(const char *path, struct error *error)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    int result = 0;
    Elf *elf;

    if (fd < 0)
        return error_set(error, -errno, "cannot be loaded: %s", strerror(errno));
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF && elf_rawfile(elf, &size))
        result = check_segments(elf, size, error);
    elf_end(elf);
    return result;
}

/* ---- loading --------------------------------------------------------------------------------- */

static int load(const char *path, struct error *error, struct plugin **ret_plugin)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct ringmill_handler *table;
    int result;

    if (!library)
        return error_set(error, -EINVAL, "cannot be loaded: %s", dlerror());
    table = dlsym(library, PLUGIN_SYMBOL);
    result = table ? plugin_adopt(table, error, ret_plugin)
                   : error_set(error, -EINVAL, "it is not a handler: it has no symbol %s",
                               PLUGIN_SYMBOL);
    if (result < 0)
        dlclose(library);
    else
        (*ret_plugin)->library = library;
    return result;
}

int plugin_load(const char *path, struct error *error, struct plugin **ret_plugin)
{
    _cleanup_(cleanup_plugin_unload) struct plugin *plugin = NULL;
    int result = trust_check(path, error);
    struct stat file;

    if (result == 0 && stat(path, &file) < 0)
        result = error_set(error, -errno, "cannot be loaded: %s", strerror(errno));
    if (result == 0)
        result = check_complete(path, error);
    if (result == 0)
        result = load(path, error, &plugin);
    if (result < 0)
        return result;
    plugin->file = file;
    plugin->path = strdup(path);
    if (!plugin->path)
        return error_set(error, -ENOMEM, "out of memory");
    *ret_plugin = TAKE_PTR(plugin);
    return 0;
}

bool plugin_is_of(const struct plugin *plugin, const char *path)
{
    struct stat file;

    return plugin->path && strcmp(plugin->path, path) == 0 && stat(path, &file) == 0 &&
           file.st_dev == plugin->file.st_dev && file.st_ino == plugin->file.st_ino &&
           file.st_size == plugin->file.st_size &&
           file.st_mtim.tv_sec == plugin->file.st_mtim.tv_sec &&
           file.st_mtim.tv_nsec == plugin->file.st_mtim.tv_nsec;
}

struct plugin *plugin_hold(struct plugin *plugin)
{
    plugin->holders++;
    return plugin;
}

void plugin_unload(struct plugin *plugin)
{
    if (!plugin || plugin->holders-- > 0)
        return;
    if (plugin->library)
        dlclose(plugin->library);
    free(plugin->path);
    free(plugin);
}
