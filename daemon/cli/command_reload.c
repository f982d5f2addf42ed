// SPDX-License-Identifier: Apache-2.0

/* A reload may take longer than a request may last, so this polls until the reload is complete. */

#include "cli/commands.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "config/load.h"

enum {
    LOOK_NS = 20 * 1000 * 1000,
    PATIENCE = 6, /* times CLIENT_SECONDS_MAX on a machine that is busy */
};

DEFINE_CLEANUP(json_t, json_decref);

struct reload_options {
    const char *socket; /* NULL: not given */
    const char *config; /* the config that names the socket; NULL: not given */
};

static const struct argument command_options[] = {
    {"socket", "PATH", offsetof(struct reload_options, socket), argument_text,
     "the daemon's control socket; " CONTROL_SOCKET_DEFAULT " by default"},
    {"config", "FILE", offsetof(struct reload_options, config), argument_text,
     "the daemon's config; use the control socket that it names"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill reload [--socket PATH | --config FILE]",
    .notes = "exit status: 0 the new config is active, 1 it cannot be run now, 2 no daemon "
             "answers, 3 it has mistakes;\n"
             "after 1 and 3 the previous configuration stays active\n",
    .options = command_options,
};

/* NULL after a message. */
static json_t *ask(const char *socket, const char *method)
{
    _cleanup_(cleanup_free) char *body = NULL;
    struct error error;
    int status = -EAGAIN;
    json_t *answer;

    for (int tried = 0; status == -EAGAIN && tried < PATIENCE; tried++)
        status = client_ask(socket, method, "/v1/reload", &error, &body);

    if (status < 0) {
        log_error("%s", error_join(&error));
        return NULL;
    }
    answer = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    if (status == 200 && json_is_object(answer))
        return answer;
    if (json_string_value(json_object_get(answer, "error")))
        log_error("ringmilld: %s", json_string_value(json_object_get(answer, "error")));
    else
        log_error("unexpected reply from ringmilld: HTTP status %d", status);
    json_decref(answer);
    return NULL;
}

static json_int_t count(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key));
}

static enum exit_code judge(const json_t *answer)
{
    const char *outcome = json_string_value(json_object_get(answer, "outcome"));
    const char *messages = json_string_value(json_object_get(answer, "messages"));

    if (messages)
        fputs(messages, stderr);
    if (outcome && strcmp(outcome, "good") == 0)
        return EXIT_CODE_OK;
    return outcome && strcmp(outcome, "config") == 0 ? EXIT_CODE_CONFIG : EXIT_CODE_FAILED;
}

/* The daemon checks the rest of the file. Texts in options live as long as the tree. */
static enum exit_code read_config(const char *path, struct control_options *ret_options,
                                  struct config_tree **ret_tree)
{
    enum exit_code code = EXIT_CODE_OK;
    struct diag diag;

    diag_init(&diag);
    if (config_load_file(path, &diag, ret_tree) == 0)
        control_options_bind((*ret_tree)->root, &diag, ret_options);
    if (diag_count(&diag) > 0) {
        diag_print(&diag, stderr);
        code = EXIT_CODE_CONFIG;
    }
    diag_deinit(&diag);
    return code;
}

/* Whether the reply is from the same process and the reload is not complete yet. */
static bool is_open(const json_t *answer, json_int_t number)
{
    return answer && count(answer, "asked") >= number && count(answer, "ended") < number;
}

static enum exit_code ask_and_wait(const char *socket)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    _cleanup_(cleanup_json_decref) json_t *answer = ask(socket, "POST");
    json_int_t number = count(answer, "asked");

    while (is_open(answer, number)) {
        nanosleep(&pause, NULL);
        json_decref(TAKE_PTR(answer));
        answer = ask(socket, "GET");
    }
    if (!answer)
        return EXIT_CODE_ENVIRONMENT;
    if (count(answer, "asked") >= number)
        return judge(answer);
    log_error("the daemon was restarted before the reload was complete, and runs the config that "
              "it read then; if the config has changed since, run: ringmill reload");
    return EXIT_CODE_FAILED;
}

enum exit_code command_reload(int argc, char **argv)
{
    struct reload_options question = {0};
    enum exit_code code = arguments_read_all(&command_line, argc, argv, &question);
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    struct control_options options;

    if (code == EXIT_CODE_OK && question.config && question.socket)
        return arguments_refuse(&command_line, "--socket cannot be used with --config");
    if (code == EXIT_CODE_OK && question.config)
        code = read_config(question.config, &options, &tree);
    if (code != EXIT_CODE_OK)
        return code;
    if (question.config)
        question.socket = options.socket;
    code = ask_and_wait(question.socket ? question.socket : CONTROL_SOCKET_DEFAULT);
    if (code == EXIT_CODE_ENVIRONMENT && question.config)
        log_error("the socket path is from %s; if it has changed since the daemon started, restart "
                  "the daemon",
                  question.config);
    return code;
}
