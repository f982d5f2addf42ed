// SPDX-License-Identifier: Apache-2.0

/* Only the member _sketches of each row is merged; the other members can be any JSON. Nothing is
 * written before all input was read, so an error means no output. */

#include "cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/row_form.h"
#include "base/base64.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/suggestion.h"
#include "cli/arguments.h"
#include "cli/merger.h"
#include "encode/registry.h"

enum {
    LINE_MAX_BYTES = 1024 * 1024,
    OUTPUT_BYTES = 4 * 1024 * 1024, /* of 32 rows */
    PLACE_MAX = 300,
    GROUPS_LIMIT = 1024 * 1024,
};

struct merge_run {
    const struct encoder_ops *format;
    bool whole;
    uint64_t groups;
    struct merger *merger;
    uint64_t lost_lines; /* events about lost records */
};

static void print_usage(FILE *file)
{
    fprintf(
        file,
        "usage: ringmill merge [--whole] [--format FORMAT] [--groups N] FILE...\n"
        "  FILE             JSON rows, one per line, of aggregates with emit: sketches; - is "
        "standard input\n"
        "  --whole          merge all windows into one; by default windows of the same time are "
        "merged\n"
        "  --format FORMAT  json (the default), json-flat, logfmt or csv\n"
        "  --groups N       the maximum number of rows; %d by default\n",
        MERGER_GROUPS);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* 0; -errno with error filled. */
static int take_text(struct merge_run *merge, const char *place, const char *text, size_t length,
                     struct error *error)
{
    _cleanup_(cleanup_free) uint8_t *bytes = malloc(length / 4 * 3 + 1);
    int64_t size = bytes ? base64_read(text, length, bytes) : -ENOMEM;

    if (size == -ENOMEM)
        return error_set(error, -ENOMEM, "out of memory");
    if (size < 0)
        return error_set(error, -EINVAL, "_sketches is not valid base64");
    return merger_add(merge->merger, place, bytes, (size_t)size, error);
}

static int take_object(struct merge_run *merge, const char *place, const json_t *row,
                       struct error *error)
{
    const json_t *sketches = json_object_get(row, "_sketches");

    if (!json_is_object(row))
        return error_set(error, -EINVAL, "expected a row as a JSON object");
    if (!sketches && json_object_get(row, "_lost")) {
        merge->lost_lines++;
        return 0;
    }
    if (!json_is_string(sketches))
        return error_set(
            error, -EINVAL,
            "the row has no _sketches; set emit: sketches in the aggregate that writes the rows");
    return take_text(merge, place, json_string_value(sketches), json_string_length(sketches),
                     error);
}

static int take_line(struct merge_run *merge, const char *place, const char *line, size_t length,
                     struct error *error)
{
    json_error_t problem;
    json_t *row;
    int result;

    if (length > LINE_MAX_BYTES)
        return error_set(error, -EINVAL, "the line is longer than %d bytes", LINE_MAX_BYTES);
    row = json_loadb(line, length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &problem);
    if (!row)
        return error_set(error, -EINVAL, "the line is not valid JSON: %s", problem.text);
    result = take_object(merge, place, row, error);
    json_decref(row);
    return result;
}

static enum exit_code take_stream(struct merge_run *merge, const char *name, FILE *file)
{
    _cleanup_(cleanup_free) char *line = NULL;
    size_t room = 0;
    ssize_t length;

    for (uint64_t number = 1; (length = getline(&line, &room, file)) >= 0; number++) {
        char place[PLACE_MAX];
        struct error error;

        snprintf(place, sizeof(place), "%.200s:%" PRIu64, name, number);
        if (length == 0 || line[0] == '\n' ||
            take_line(merge, place, line, (size_t)length, &error) == 0)
            continue;
        log_error("%s: %s", place, error_join(&error));
        return EXIT_CODE_FAILED;
    }
    if (!ferror(file))
        return EXIT_CODE_OK;
    log_error("cannot read %s: %s", name, strerror(errno));
    return EXIT_CODE_FAILED;
}

static enum exit_code take_file(struct merge_run *merge, const char *name)
{
    _cleanup_(cleanup_fclose) FILE *file = NULL;

    if (strcmp(name, "-") == 0)
        return take_stream(merge, "standard input", stdin);
    file = fopen(name, "re");
    if (!file) {
        log_error("cannot open %s: %s", name, strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    return take_stream(merge, name, file);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool put_batch(struct encoder *encoder, const struct batch *batch, char *room)
{
    size_t used = 0;
    uint32_t done = encoder_batch(encoder, batch, 0, room, OUTPUT_BYTES, &used);

    return done == batch->selected && fwrite(room, 1, used, stdout) == used;
}

static enum exit_code put_rows(struct merge_run *merge)
{
    _cleanup_(cleanup_free) char *room = malloc(OUTPUT_BYTES);
    _cleanup_(cleanup_free) void *config = calloc(1, merge->format->config_size + 1);
    const struct encoder_options options = {.config = config};
    struct encoder *encoder = NULL;
    struct error error = {.text = "out of memory"};
    struct batch batch;
    bool good = true;

    if (merger_count(merge->merger) == 0)
        return EXIT_CODE_OK;
    if (!room || !config ||
        merge->format->open(merger_schema(merge->merger), merger_source(merge->merger), &options,
                            &error, &encoder) < 0) {
        log_error("%s", error_join(&error));
        return EXIT_CODE_FAILED;
    }
    if (merge->format->has_header)
        good = fputs(encoder->common, stdout) >= 0;
    while (good && merger_next(merge->merger, &batch))
        good = put_batch(encoder, &batch, room);
    encoder_close(encoder);
    good &= fflush(stdout) == 0;
    if (!good)
        log_error("cannot write to standard output: %s", strerror(errno));
    return good ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool take_format(struct merge_run *merge, const char *name)
{
    static const char *const formats[] = {"json", "json-flat", "logfmt", "csv", NULL};
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (const char *const *format = formats; *format; format++) {
        if (strcmp(*format, name) == 0) {
            merge->format = encoder_find(name);
            return true;
        }
        suggestion_offer(&suggestion, *format);
    }
    log_error("--format %s: unknown format; %s", name, suggestion_words(&suggestion));
    return false;
}

enum { WHOLE = 1, FORMAT, GROUPS, HELP = 'h' };

static bool take_option(struct merge_run *merge, int option, const char *value)
{
    switch (option) {
    case WHOLE:
        merge->whole = true;
        return true;
    case FORMAT:
        return take_format(merge, value);
    case GROUPS:
        if (!argument_count("--groups", value, &merge->groups))
            return false;
        if (merge->groups <= GROUPS_LIMIT)
            return true;
        log_error("--groups: expected a whole number from 1 to %d", GROUPS_LIMIT);
        return false;
    default:
        return false;
    }
}

static enum exit_code merge_files(struct merge_run *merge, char **names, int count)
{
    enum exit_code code = EXIT_CODE_OK;

    merge->merger = merger_new((uint32_t)merge->groups, merge->whole);
    if (!merge->merger) {
        log_error("out of memory");
        return EXIT_CODE_FAILED;
    }
    for (int i = 0; i < count && code == EXIT_CODE_OK; i++)
        code = take_file(merge, names[i]);
    if (code == EXIT_CODE_OK)
        code = put_rows(merge);
    if (merge->lost_lines > 0)
        log_warning("%" PRIu64 " lines report lost records", merge->lost_lines);
    merger_free(merge->merger);
    return code;
}

enum exit_code command_merge(int argc, char **argv)
{
    static const struct option options[] = {{"whole", no_argument, NULL, WHOLE},
                                            {"format", required_argument, NULL, FORMAT},
                                            {"groups", required_argument, NULL, GROUPS},
                                            {"help", no_argument, NULL, HELP},
                                            {0}};
    struct merge_run merge = {.format = encoder_find("json"), .groups = MERGER_GROUPS};
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == HELP) {
            print_usage(stdout);
            return EXIT_CODE_OK;
        }
        if (!take_option(&merge, option, optarg))
            return arguments_point_to_help("ringmill merge");
    }
    if (optind == argc) {
        log_error("no file given");
        return arguments_point_to_help("ringmill merge");
    }
    return merge_files(&merge, argv + optind, argc - optind);
}
