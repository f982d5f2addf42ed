// SPDX-License-Identifier: Apache-2.0

/* libbpf prints the whole verifier log of a refused program, megabytes of it, as one warning. What
 * a reader needs is at its end: the instruction, its source line, and the reason. Since Linux 7.3
 * an explanation in paragraphs follows ("Verification failed:", "Reason:", "At:", "Suggestion:"),
 * of which the reason is kept. */

#include "source/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define LOG_BEGIN "-- BEGIN PROG LOAD LOG --\n"
#define LOG_END   "-- END PROG LOAD LOG --"

#define EXPLANATION_BEGIN "\n\nVerification failed:"
#define REASON_BEGIN      "\nReason:\n"

/* libbpf has one callback for the whole process, without data of its own. */
static _Thread_local struct libbpf_log *innermost;

/* Keeps NAME of a line "libbpf: prog 'NAME': ...". */
static void keep_program(struct libbpf_log *log, const char *line)
{
    static const char prefix[] = "libbpf: prog '";
    const char *name = line + sizeof(prefix) - 1;

    if (log->program[0] || strncmp(line, prefix, sizeof(prefix) - 1) != 0)
        return;
    snprintf(log->program, sizeof(log->program), "%.*s", (int)strcspn(name, "'"), name);
}

/* Keeps the last lines before `end` that fit, without the statistics of the verifier. */
static void keep_verifier(struct libbpf_log *log, const char *begin, const char *end)
{
    const char *from = end;
    const char *last = end;

    for (int lines = 0; from > begin && lines < LIBBPF_VERIFIER_LINES;) {
        const char *start = from - 1;

        while (start > begin && start[-1] != '\n')
            start--;
        if (from == last && strncmp(start, "processed ", strlen("processed ")) == 0)
            last = start;
        else if (last - start >= LIBBPF_VERIFIER_LOG_MAX)
            break;
        else
            lines++;
        from = start;
    }
    snprintf(log->verifier, sizeof(log->verifier), "%.*s", (int)(last - from), from);
}

/* Keeps the lines of the paragraph "Reason:", joined. */
static void keep_reason(struct libbpf_log *log, const char *explanation)
{
    const char *line = strstr(explanation, REASON_BEGIN);
    size_t used = 0;

    if (!line)
        return;
    for (line += strlen(REASON_BEGIN); *line == ' ' && used < sizeof(log->reason);
         line += strcspn(line, "\n") + 1) {
        line += strspn(line, " ");
        used += (size_t)snprintf(log->reason + used, sizeof(log->reason) - used, "%s%.*s",
                                 used ? " " : "", (int)strcspn(line, "\n"), line);
    }
    used = strlen(log->reason);
    if (used > 0 && log->reason[used - 1] == '.')
        log->reason[used - 1] = '\0'; /* it becomes a part of a sentence */
}

static void keep(struct libbpf_log *log, char *text)
{
    char *begin = strstr(text, LOG_BEGIN);
    char *end = begin ? strstr(begin, LOG_END) : NULL;
    char *explanation = end ? strstr(begin, EXPLANATION_BEGIN) : NULL;

    keep_program(log, text);
    if (end) {
        *end = '\0';
        if (explanation)
            keep_reason(log, explanation);
        keep_verifier(log, begin + strlen(LOG_BEGIN), explanation ? explanation + 1 : end);
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    if (!log->warning[0])
        snprintf(log->warning, sizeof(log->warning), "%s", text);
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
    if (innermost)
        keep(innermost, text);
    return length;
}

void libbpf_log_begin(struct libbpf_log *log)
{
    *log = (struct libbpf_log){.outer = innermost};
    innermost = log;
    libbpf_set_print(print);
}

void libbpf_log_end(struct libbpf_log *log)
{
    innermost = log->outer;
}
