// SPDX-License-Identifier: Apache-2.0

/* A reload may take longer than one request is allowed to, so this asks again and again whether it
 * has come to its end. */

#include "cli/reload.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/client.h"

enum {
    LOOK_NS = 20 * 1000 * 1000,
    PATIENCE = 6, /* times CLIENT_SECONDS_MAX that the daemon may be busy with the switch itself */
};

DEFINE_CLEANUP(json_t, json_decref);

struct question {
    const char *socket;
};

static const struct argument command_options[] = {
    {"socket", "PATH", offsetof(struct question, socket), argument_text,
     "of the daemon; " CONTROL_SOCKET_DEFAULT " by default"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill reload [--socket PATH]",
    .notes =
        "exit status: 0 the config runs; 3 it has mistakes, 1 it cannot be run here and now, and "
        "both times the one before goes on; 2 no daemon answers\n",
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
        log_error("%s", error.text);
        return NULL;
    }
    answer = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    if (status == 200 && json_is_object(answer))
        return answer;
    if (json_string_value(json_object_get(answer, "error")))
        log_error("ringmilld: %s", json_string_value(json_object_get(answer, "error")));
    else
        log_error("ringmilld answers with HTTP status %d", status);
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

enum exit_code reload_command(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    struct question question = {.socket = CONTROL_SOCKET_DEFAULT};
    enum exit_code code = arguments_read_all(&command_line, argc, argv, &question);
    _cleanup_(cleanup_json_decref) json_t *answer = NULL;
    json_int_t number;

    if (code != EXIT_CODE_OK)
        return code;
    answer = ask(question.socket, "POST");
    number = count(answer, "asked");
    while (answer && count(answer, "ended") < number) {
        nanosleep(&pause, NULL);
        json_decref(TAKE_PTR(answer));
        answer = ask(question.socket, "GET");
    }
    return answer ? judge(answer) : EXIT_CODE_ENVIRONMENT;
}
