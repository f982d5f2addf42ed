// SPDX-License-Identifier: Apache-2.0

/* Compares line by line, so that a message can name the line. After the first difference the rest
 * is read and discarded, so that the writer does not block. */

#include "cli/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/thread.h"

struct line {
    char *bytes;
    size_t room;
    ssize_t length; /* without the newline; -1: no such line */
};

static void line_deinit(struct line *line)
{
    free(line->bytes);
}

static void read_line(struct line *line, FILE *file)
{
    line->length = getline(&line->bytes, &line->room, file);
    if (line->length > 0 && line->bytes[line->length - 1] == '\n')
        line->length--;
}

static bool same(const struct line *one, const struct line *other)
{
    return one->length == other->length &&
           (one->length <= 0 || memcmp(one->bytes, other->bytes, (size_t)one->length) == 0);
}

/* Copies the part of a line around `from`, where the difference begins. */
static void show(const struct line *line, size_t from, char text[EXPECT_LINE_MAX + 1])
{
    size_t start = from > EXPECT_LINE_MAX / 2 ? from - EXPECT_LINE_MAX / 2 : 0;

    if (line->length < 0)
        strcpy(text, "(no such line)");
    else if (start >= (size_t)line->length)
        snprintf(text, EXPECT_LINE_MAX, "...%s", "");
    else
        snprintf(text, EXPECT_LINE_MAX, "%s%.*s", start ? "..." : "",
                 (int)((size_t)line->length - start), line->bytes + start);
}

static void note_difference(struct expect *expect, const struct line *wanted,
                            const struct line *there)
{
    size_t from = 0;

    while ((ssize_t)from < wanted->length && (ssize_t)from < there->length &&
           wanted->bytes[from] == there->bytes[from])
        from++;
    show(wanted, from, expect->wanted_line);
    show(there, from, expect->line_there);
    expect->differs = true;
}

static void compare(struct expect *expect, FILE *output)
{
    _cleanup_(line_deinit) struct line wanted = {0}, there = {0};

    do {
        read_line(&there, output);
        if (expect->differs)
            continue;
        read_line(&wanted, expect->wanted);
        expect->line++;
        if (!same(&wanted, &there))
            note_difference(expect, &wanted, &there);
    } while (there.length >= 0);
}

static void *expect_main(void *data)
{
    struct expect *expect = data;
    FILE *output = fdopen(expect->pipe, "r");

    if (!output)
        return NULL; /* out of memory: the writer gets EPIPE */
    compare(expect, output);
    fclose(output);
    return NULL;
}

int expect_start(struct expect *expect, const char *path, struct error *error)
{
    int ends[2], result;

    *expect = (struct expect){.path = path, .wanted = fopen(path, "re")};
    if (!expect->wanted)
        return error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    if (pipe2(ends, O_CLOEXEC) < 0 || dup2(ends[1], STDOUT_FILENO) < 0)
        return error_set(error, -errno, "cannot make a pipe: %s", strerror(errno));
    close(ends[1]);
    expect->pipe = ends[0];
    result = thread_start(&expect->thread, "expect", expect_main, expect);
    return result < 0 ? error_set(error, result, "cannot start a thread: %s", strerror(-result))
                      : 0;
}

int expect_finish(struct expect *expect, struct error *error)
{
    close(STDOUT_FILENO);
    pthread_join(expect->thread, NULL);
    fclose(expect->wanted);
    if (!expect->differs)
        return 0;
    return error_set(error, -EBADMSG,
                     "the output differs from %s in line %" PRIu64 "\n"
                     "  expected %s\n"
                     "  found    %s",
                     expect->path, expect->line, expect->wanted_line, expect->line_there);
}
