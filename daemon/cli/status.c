// SPDX-License-Identifier: Apache-2.0

/* The daemon answers in JSON only; what people read is made of that here, so that the daemon need
 * not know about columns. */

#include "cli/status.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/client.h"
#include "cli/summary.h"

struct question {
    const char *socket;
    bool json;
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmill status [--json] [--socket PATH]\n"
          "  --json          all there is to know, as JSON\n"
          "  --socket PATH   of the daemon; " CONTROL_SOCKET_DEFAULT " by default\n"
          "exit status: 0 it is well, 1 it is not, 2 no daemon answers\n",
          file);
}

static enum exit_code parse(int argc, char **argv, struct question *question)
{
    enum { JSON = 1, SOCKET, HELP };
    static const struct option options[] = {
        {"json", no_argument, NULL, JSON},
        {"socket", required_argument, NULL, SOCKET},
        {"help", no_argument, NULL, HELP},
        {0},
    };

    for (;;) {
        switch (getopt_long(argc, argv, "", options, NULL)) {
        case -1:
            if (optind == argc)
                return EXIT_CODE_OK;
            log_error("unexpected argument \"%s\"", argv[optind]);
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        case JSON:
            question->json = true;
            break;
        case SOCKET:
            question->socket = optarg;
            break;
        case HELP:
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        default:
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        }
    }
}

enum exit_code status_command(int argc, char **argv)
{
    struct question question = {.socket = CONTROL_SOCKET_DEFAULT};
    _cleanup_(cleanup_free) char *body = NULL;
    enum exit_code code = parse(argc, argv, &question);
    struct error error;
    json_t *status;
    int answer;

    if (code != EXIT_CODE_OK)
        return code;
    answer = client_ask(question.socket, "GET", "/v1/status", &error, &body);
    if (answer < 0) {
        log_error("%s", error.text);
        return EXIT_CODE_ENVIRONMENT;
    }
    status = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    if (answer != 200 || !json_is_object(status)) {
        log_error("ringmilld answers with HTTP status %d", answer);
        json_decref(status);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (question.json)
        fputs(body, stdout);
    else
        summary_print(status, stdout);
    code = json_is_true(json_object_get(status, "healthy")) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    json_decref(status);
    if (fflush(stdout) != 0) {
        log_error("cannot write to standard output: %s", strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return code;
}
