// SPDX-License-Identifier: Apache-2.0

/* The daemon answers in JSON only; what people read is made of that here, so that the daemon need
 * not know about columns. */

#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/client.h"

struct status_options {
    const char *socket;
    bool json;
};

#define AT(member) offsetof(struct status_options, member)

static const struct argument command_options[] = {
    {"json", NULL, AT(json), argument_flag, "print the whole status as JSON"},
    {"socket", "PATH", AT(socket), argument_text,
     "the daemon's control socket; " CONTROL_SOCKET_DEFAULT " by default"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill status [--json] [--socket PATH]",
    .notes = "exit status: 0 healthy, 1 unhealthy, 2 no daemon answers\n",
    .options = command_options,
};

enum exit_code command_status(int argc, char **argv)
{
    struct status_options question = {.socket = CONTROL_SOCKET_DEFAULT};
    _cleanup_(cleanup_free) char *body = NULL;
    enum exit_code code = arguments_read_all(&command_line, argc, argv, &question);
    struct error error;
    json_t *status;
    int answer;

    if (code != EXIT_CODE_OK)
        return code;
    answer = client_ask(question.socket, "GET", "/v1/status", &error, &body);
    if (answer < 0) {
        log_error("%s", error_join(&error));
        return EXIT_CODE_ENVIRONMENT;
    }
    status = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    if (answer != 200 || !json_is_object(status)) {
        log_error("unexpected reply from ringmilld: HTTP status %d", answer);
        json_decref(status);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (question.json)
        fputs(body, stdout);
    else
        status_print(status, stdout);
    code = json_is_true(json_object_get(status, "healthy")) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    json_decref(status);
    if (fflush(stdout) != 0) {
        log_error("cannot write to standard output: %s", strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return code;
}
