// SPDX-License-Identifier: Apache-2.0

/* A running daemon knows its sources and has the fd store, so it is asked first. Pins also exist
 * without a daemon; then the locks of the rings say whether another process reads them. */

#include "cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <jansson.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "source/keep.h"
#include "source/kept_store.h"
#include "source/orphan.h"

struct wish {
    const char *socket;
    const char *folder;
};

#define AT(member) offsetof(struct wish, member)

static const struct argument command_options[] = {
    {"socket", "PATH", AT(socket), argument_text,
     "the daemon's control socket; " CONTROL_SOCKET_DEFAULT " by default"},
    {"pin-folder", "FOLDER", AT(folder), argument_text,
     "the folder with the pins, used if no daemon answers; " KEEP_PIN_FOLDER " by default"},
    {0},
};

static const struct positional command_operands[] = {
    {"SOURCE", "detach the programs of this source and drain its rings; without SOURCE, release\n"
               "everything that is kept and that no process reads"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill release [--socket PATH] [--pin-folder FOLDER] [SOURCE]",
    .operands = command_operands,
    .notes = "exit status: 0 released, 1 no such source or another process reads it, 2 no "
             "permission or no reply\n",
    .options = command_options,
};

static enum exit_code tell(int ended)
{
    printf("released: %d\n", ended);
    return EXIT_CODE_OK;
}

static enum exit_code judge(int status, const char *body)
{
    json_t *answer = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    const char *sentence = json_string_value(json_object_get(answer, "error"));
    enum exit_code code = EXIT_CODE_FAILED;

    if (status == 200)
        code = tell((int)json_integer_value(json_object_get(answer, "released")));
    else if (sentence)
        log_error("%s", sentence);
    else
        log_error("unexpected reply from ringmilld: HTTP status %d", status);
    json_decref(answer);
    return code;
}

/* Finds the pins that services with keep: fdstore have made as a backup. */
static void find_backups(const char *folder, glob_t *ret)
{
    char pattern[PATH_MAX];

    snprintf(pattern, sizeof(pattern), "%s/*+service-%x", folder, fd_store_domain());
    glob(pattern, 0, NULL, ret);
}

static enum exit_code release_pins(const struct wish *wish, const char *name)
{
    struct orphans orphans = {0};
    struct error error = {0};
    glob_t backups = {0};
    int result;

    orphans_add_folder(&orphans, wish->folder);
    find_backups(wish->folder, &backups);
    for (size_t i = 0; i < backups.gl_pathc; i++)
        orphans_add_folder(&orphans, backups.gl_pathv[i]);
    result = orphans_end(&orphans, name, &error);
    orphans_deinit(&orphans);
    globfree(&backups);
    if (result < 0) {
        log_error("%s", error_join(&error));
        return result == -EBUSY ? EXIT_CODE_FAILED : EXIT_CODE_ENVIRONMENT;
    }
    if (result > 0 || !name)
        return tell(result);
    log_error("no daemon answers, and no kept source \"%s\" is in %s", name, wish->folder);
    return EXIT_CODE_FAILED;
}

enum exit_code command_release(int argc, char **argv)
{
    struct wish wish = {.socket = CONTROL_SOCKET_DEFAULT, .folder = KEEP_PIN_FOLDER};
    enum exit_code code = arguments_read(&command_line, argc, argv, &wish);
    _cleanup_(cleanup_free) char *body = NULL;
    char path[256];
    const char *name;
    struct error error;
    int status;

    if (code != EXIT_CODE_OK)
        return code;
    if (argc - optind > 1)
        return arguments_refuse(&command_line, "only one source can be given");
    name = argv[optind];
    snprintf(path, sizeof(path), "/v1/release%s%s", name ? "?source=" : "", name ? name : "");
    status = client_ask(wish.socket, "POST", path, &error, &body);
    if (status == -ENOENT || status == -ECONNREFUSED)
        return release_pins(&wish, name);
    if (status < 0) {
        log_error("%s", error_join(&error));
        return EXIT_CODE_ENVIRONMENT;
    }
    return judge(status, body);
}
