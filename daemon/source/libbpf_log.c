// SPDX-License-Identifier: Apache-2.0

/* libbpf prints the whole verifier log of a refused program, megabytes of it, as one warning. What
 * a reader needs is at its end: the instruction, its source line, and the reason. */

#include "source/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

#define LOG_BEGIN "-- BEGIN PROG LOAD LOG --\n"
#define LOG_END   "-- END PROG LOAD LOG --"

static _Thread_local struct {
    char first[WORDS_WARNING_MAX];
    char program[WORDS_PROGRAM_MAX];
    char verifier[WORDS_VERIFIER_MAX];
} words;

/* Keeps NAME of a line "libbpf: prog 'NAME': ...". */
static void keep_program(const char *line)
{
    static const char prefix[] = "libbpf: prog '";
    const char *name = line + sizeof(prefix) - 1;

    if (words.program[0] || strncmp(line, prefix, sizeof(prefix) - 1) != 0)
        return;
    snprintf(words.program, sizeof(words.program), "%.*s", (int)strcspn(name, "'"), name);
}

/* Keeps the last lines before `end` that fit, without the statistics of the verifier. */
static void keep_verifier(const char *begin, const char *end)
{
    const char *from = end;
    const char *last = end;

    for (int lines = 0; from > begin && lines < WORDS_VERIFIER_LINES;) {
        const char *start = from - 1;

        while (start > begin && start[-1] != '\n')
            start--;
        if (from == last && strncmp(start, "processed ", strlen("processed ")) == 0)
            last = start;
        else if (last - start >= WORDS_VERIFIER_MAX)
            break;
        else
            lines++;
        from = start;
    }
    snprintf(words.verifier, sizeof(words.verifier), "%.*s", (int)(last - from), from);
}

static void keep(char *text)
{
    char *log = strstr(text, LOG_BEGIN);
    char *end = log ? strstr(log, LOG_END) : NULL;

    keep_program(text);
    if (end) {
        keep_verifier(log + strlen(LOG_BEGIN), end);
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    if (!words.first[0])
        snprintf(words.first, sizeof(words.first), "%s", text);
}

static int print(enum libbpf_print_level level, const char *format, va_list arguments)
{
    _cleanup_(cleanup_free) char *text = NULL;
    int length;

    if (level != LIBBPF_WARN)
        return 0;
    length = vasprintf(&text, format, arguments);
    if (length < 0) {
        text = NULL;
        return 0;
    }
    log_debug("%s", text);
    keep(text);
    return length;
}

void words_expect(void)
{
    words.first[0] = words.program[0] = words.verifier[0] = '\0';
    libbpf_set_print(print);
}

const char *words_first(void)
{
    return words.first;
}

const char *words_program(void)
{
    return words.program;
}

const char *words_verifier(void)
{
    return words.verifier;
}
