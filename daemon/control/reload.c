// SPDX-License-Identifier: Apache-2.0

/* A request during a reload gets another reload after it, since the file may have been written
 * after the running reload read it. */

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
#include "base/printable.h"
#include "base/thread.h"
#include "config/load.h"
#include "control/notify.h"
#include "pipeline/lifecycle.h"

enum {
    DROP_STEP_NS = 10 * 1000 * 1000,
    DROP_STEPS = RELOAD_DROP_S * 100,
};

/* ---- on the loader thread -------------------------------------------------------------------- */

static void refuse_moved(const struct config_node *root, const char *key, const char *before,
                         const char *now, struct diag *diag)
{
    const struct config_node *control = config_map_get(root, "control");
    const struct config_node *node = config_map_get(control, key);

    if (before && now ? strcmp(before, now) == 0 : before == now)
        return;
    diag_add(diag, node ? node : root,
             "a reload cannot change %s (the running daemon has %s); restart the daemon", key,
             before ? before : "none");
}

/* A reader of its other end could block this thread, and so the daemon's stop. */
static int refuse_pipe(const char *path, struct error *error)
{
    struct stat found;

    if (stat(path, &found) < 0 || !S_ISFIFO(found.st_mode))
        return 0;
    return error_set(error, -EINVAL, "%s is a pipe and cannot be read again; restart the daemon",
                     path);
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

static bool has_failed(const struct reload *reload)
{
    return diag_count(&reload->diag) > 0 || reload->result < 0;
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
    if (has_failed(reload) && reload->next)
        lifecycle_undo(reload->next);
    return result;
}

/* ---- on the main thread ---------------------------------------------------------------------- */

/* Lines as they go to stderr at the start. */
static char *text_of(const struct diag *diag, struct error *error)
{
    char *text;

    if (diag_count(diag) > 0)
        text = diag_text(diag);
    else if (asprintf(&text, "%s\n", error_join(error)) < 0)
        text = NULL;
    if (text)
        printable_make(text); /* the client shows it on a terminal */
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
    log_error("reload failed; the previous configuration stays active");
    free(copy);
}

/* A level that was set by hand stays until the config says another one than before. */
static void take_options(struct reload *reload)
{
    if (reload->next_options.log_level != reload->options->log_level)
        log_set_level(reload->next_options.log_level);
    reload->options->log_level = reload->next_options.log_level;
    reload->options->health = reload->next_options.health;
    reload->options->hosts = reload->next_options.hosts; /* as long as the graph has its tree */
}

static void end(struct reload *reload)
{
    diag_deinit(&reload->diag);
    reload->ended++;
    reload->ended_at = clock_realtime();
    reload->runs = reload->switches = false;
    notify_ready();
}

static void fail(struct reload *reload)
{
    tell_failure(reload);
    end(reload);
}

/* The health checks report which part does not return. */
static const char not_ended[] = "the previous configuration has not ended yet: one of its handlers "
                                "or sinks does not return; see ringmill status";

static void begin(struct reload *reload)
{
    free(TAKE_PTR(reload->messages));
    reload->runs = true;
    reload->next = NULL;
    reload->taken_at = 0;
    reload->result = 0;
    reload->error = (struct error){0};
    diag_init(&reload->diag);
    notify_reloading();
    log_info("reloading %s", reload->path);
    if (reload->engine->change) {
        reload->result =
            error_set(&reload->error, -EBUSY, "the previous reload is not complete: %s", not_ended);
        fail(reload);
        return;
    }
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

/* Called when the loader thread has finished the job. */
static void switch_to_next(struct reload *reload)
{
    reload->switches = true;
    if (has_failed(reload)) {
        graph_free(reload->next);
    } else {
        reload->result = watch_expect(reload->watch, reload->next);
        if (reload->result < 0)
            error_set(&reload->error, reload->result, "out of memory");
        else
            reload->result = switch_begin(reload->engine, reload->next, &reload->error);
        if (reload->result < 0)
            switch_discard(reload->engine, reload->next);
    }
    reload->next = NULL;
    if (has_failed(reload))
        fail(reload);
}

static void note_taken(struct reload *reload)
{
    reload->taken_at = clock_monotonic();
    take_options(reload);
    reload->outcome = RELOAD_GOOD;
    watch_follow(reload->watch);
    log_info("config %" PRIu64 " is active", reload->watch->generation);
}

static void end_late(struct reload *reload)
{
    log_warning("%s", not_ended);
    if (asprintf(&reload->messages, "%s\n", not_ended) < 0)
        reload->messages = NULL;
    end(reload);
}

/* False: nothing has changed. */
static bool follow(struct reload *reload)
{
    switch (switch_step(reload->engine, &reload->error)) {
    case SWITCH_NONE:
        return false;
    case SWITCH_FAILED:
        reload->result = -ECANCELED;
        fail(reload);
        return true;
    case SWITCH_TAKEN:
        note_taken(reload);
        return true;
    case SWITCH_OVER:
        if (reload->runs)
            end(reload);
        else
            log_info("the previous configuration has ended");
        return true;
    }
    return false;
}

static bool is_late(const struct reload *reload)
{
    return reload->runs && reload->taken_at > 0 &&
           clock_monotonic() - reload->taken_at >= RELOAD_END_S * INT64_C(1000000000);
}

uint64_t reload_step(struct reload *reload)
{
    if (reload->runs && !reload->switches && !loader_busy(&reload->engine->loader))
        switch_to_next(reload);
    while (follow(reload))
        ;
    if (is_late(reload))
        end_late(reload);
    if (!reload->runs && reload->asked > reload->ended)
        begin(reload);
    return switch_pause(reload->engine);
}

bool reload_busy(const struct reload *reload)
{
    return reload->runs || reload->engine->change;
}

/* False: the loader did not finish in time. It may be in the verifier, which can be interrupted, or
 * wait for a disk, which cannot. */
static bool loader_ends(struct loader *loader)
{
    int result;

    for (uint32_t step = 0; step < DROP_STEPS; step++) {
        if (loader_wait(loader, DROP_STEP_NS, &result))
            return true;
        if (step >= DROP_STEPS / 2)
            thread_interrupt(loader->thread);
    }
    return false;
}

static void drop_next(struct reload *reload)
{
    if (has_failed(reload))
        graph_free(reload->next);
    else
        switch_discard(reload->engine, reload->next);
}

void reload_deinit(struct reload *reload)
{
    if (reload->runs && !reload->switches) {
        log_info("reload canceled: the daemon is stopping");
        if (!loader_ends(&reload->engine->loader)) {
            log_warning(
                "the reload did not finish in time; the daemon stops without waiting for it");
            return; /* all of it is the loader thread's */
        }
        drop_next(reload);
    }
    if (!switch_wait_until_over(reload->engine))
        log_warning("%s", not_ended);
    if (reload->runs)
        diag_deinit(&reload->diag);
    free(TAKE_PTR(reload->messages));
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
    return json_pack("{s:I, s:I, s:b, s:b, s:s, s:o, s:s}", "asked", (json_int_t)reload->asked,
                     "ended", (json_int_t)reload->ended, "running", reload->runs, "switching",
                     reload->engine->change != NULL, "outcome", outcomes[reload->outcome],
                     "ended_at", reload->ended > 0 ? json_string(ended_at) : json_null(),
                     "messages", reload->messages ? reload->messages : "");
}
