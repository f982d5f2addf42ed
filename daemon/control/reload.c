// SPDX-License-Identifier: Apache-2.0

/* Whoever asks while a reload runs may have written the file after that one read it, so it gets one
 * of its own, behind it. */

#include "control/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/load.h"
#include "control/notify.h"
#include "pipeline/switch.h"

/* ---- on the loader thread -------------------------------------------------------------------- */

static void refuse_moved(const struct config_node *root, const char *key, const char *before,
                         const char *now, struct diag *diag)
{
    const struct config_node *control = config_map_get(root, "control");
    const struct config_node *node = config_map_get(control, key);

    if (before && now ? strcmp(before, now) == 0 : before == now)
        return;
    diag_add(diag, node ? node : root,
             "the running daemon's %s is %s, and a reload cannot change it; restart it for that",
             key, before ? before : "none");
}

/* Whoever holds its other end could hold up this thread, and so the daemon's stop. */
static int refuse_pipe(const char *path, struct error *error)
{
    struct stat found;

    if (stat(path, &found) < 0 || !S_ISFIFO(found.st_mode))
        return 0;
    return error_set(error, -EINVAL, "%s is a pipe, which is read at the start only", path);
}

static int read_config(struct reload *reload, struct config_tree **ret_tree)
{
    struct control_options *next = &reload->next_options;
    int result = refuse_pipe(reload->path, &reload->error);

    if (result == 0)
        result = config_load_file(reload->path, &reload->diag, ret_tree);
    if (result < 0)
        return result;
    control_options_bind((*ret_tree)->root, &reload->diag, next);
    refuse_moved((*ret_tree)->root, "socket", reload->options->socket, next->socket, &reload->diag);
    refuse_moved((*ret_tree)->root, "listen", reload->options->listen, next->listen, &reload->diag);
    return 0;
}

static int job_prepare(void *data)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    struct reload *reload = data;
    int result = read_config(reload, &tree);

    if (result == 0)
        result = graph_build_next(tree, reload->engine->graph, &reload->diag, &reload->next);
    if (result == 0 && diag_count(&reload->diag) == 0)
        result = switch_prepare(reload->engine, reload->next, &reload->error);
    reload->result = result;
    return result;
}

/* ---- on the main thread ---------------------------------------------------------------------- */

static void begin(struct reload *reload)
{
    reload->runs = true;
    reload->next = NULL;
    reload->result = 0;
    reload->error = (struct error){""};
    diag_init(&reload->diag);
    notify_reloading();
    log_info("reloading %s", reload->path);
    loader_begin(&reload->engine->loader, job_prepare, reload, reload->on_ready,
                 reload->on_ready_data);
}

void reload_ask(struct reload *reload)
{
    if (reload->runs) {
        reload->asked += reload->asked == reload->ended + 1; /* else one waits already */
        return;
    }
    reload->asked++;
    begin(reload);
}

/* Lines as they go to stderr at the start. */
static char *text_of(const struct diag *diag, const struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    if (diag_count(diag) > 0)
        diag_print(diag, file);
    else
        fprintf(file, "%s\n", error->text);
    fclose(file);
    return text;
}

static void tell_failure(struct reload *reload)
{
    bool config = diag_count(&reload->diag) > 0;
    char *save = NULL, *copy;

    reload->outcome = config ? RELOAD_CONFIG : RELOAD_FAILED;
    reload->messages = text_of(&reload->diag, &reload->error);
    reload->watch->reloads_failed++;
    copy = reload->messages ? strdup(reload->messages) : NULL;
    for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        log_error("%s", line);
    log_error("the config was not reloaded; the one before goes on");
    free(copy);
}

/* A level that was set by hand stays until the config says another one than before. */
static void take_options(struct reload *reload)
{
    if (reload->next_options.log_level != reload->options->log_level)
        log_set_level(reload->next_options.log_level);
    reload->options->log_level = reload->next_options.log_level;
    reload->options->health = reload->next_options.health;
}

static void switch_to_next(struct reload *reload)
{
    struct graph *next = reload->next;

    reload->next = NULL;
    reload->result = switch_over(reload->engine, next, &reload->error);
    if (reload->result < 0)
        return;
    take_options(reload);
    reload->outcome = RELOAD_GOOD;
    if (watch_follow(reload->watch) < 0)
        log_error("out of memory: status cannot follow the new config");
    log_info("config %" PRIu64 " runs", reload->watch->generation);
}

static void drop_next(struct reload *reload)
{
    if (reload->next)
        switch_discard(reload->engine, reload->next);
    reload->next = NULL;
}

static void end(struct reload *reload)
{
    free(reload->messages);
    reload->messages = NULL;
    if (diag_count(&reload->diag) == 0 && reload->result == 0)
        switch_to_next(reload);
    drop_next(reload);
    if (diag_count(&reload->diag) > 0 || reload->result < 0)
        tell_failure(reload);
    diag_deinit(&reload->diag);
    reload->ended++;
    reload->ended_at = clock_realtime();
    reload->runs = false;
    notify_ready();
}

void reload_step(struct reload *reload)
{
    if (!reload->runs || loader_busy(&reload->engine->loader))
        return;
    end(reload);
    if (reload->asked > reload->ended)
        begin(reload);
}

static int job_nothing(void *data)
{
    (void)data;
    return 0;
}

void reload_deinit(struct reload *reload)
{
    if (reload->runs) {
        loader_call(&reload->engine->loader, job_nothing, NULL);
        drop_next(reload);
        diag_deinit(&reload->diag);
    }
    free(reload->messages);
    reload->messages = NULL;
    reload->runs = false;
}

/* ---- what is known of it --------------------------------------------------------------------- */

json_t *reload_json(const struct reload *reload)
{
    static const char *const outcomes[] = {
        [RELOAD_NONE] = "none",
        [RELOAD_GOOD] = "good",
        [RELOAD_CONFIG] = "config",
        [RELOAD_FAILED] = "failed",
    };
    char ended_at[CLOCK_RFC3339_LENGTH + 1];

    clock_format_rfc3339(reload->ended_at, ended_at);
    return json_pack("{s:I, s:I, s:b, s:s, s:o, s:s}", "asked", (json_int_t)reload->asked, "ended",
                     (json_int_t)reload->ended, "running", reload->runs, "outcome",
                     outcomes[reload->outcome], "ended_at",
                     reload->ended > 0 ? json_string(ended_at) : json_null(), "messages",
                     reload->messages ? reload->messages : "");
}
