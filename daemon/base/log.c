// SPDX-License-Identifier: Apache-2.0

/* A line is formatted on the stack and leaves by one write(2), so that lines of several threads
 * never mix. systemd tells by JOURNAL_STREAM that stderr is the journal; there a "<3>" in front of
 * the line is the priority and the program's name would only be said twice. */

#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static const char *log_program = "ringmill";
static enum log_level log_highest = LOG_LEVEL_INFO;
static bool log_to_journal;

void log_open(const char *program, enum log_level highest)
{
    log_program = program;
    log_highest = highest;
    log_to_journal = getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO);
}

static int line_start(enum log_level level, char *line, size_t size)
{
    static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
    static const int priorities[] = {3, 4, 6, 7};

    if (log_to_journal)
        return snprintf(line, size, "<%d>", priorities[level]);
    return snprintf(line, size, "%s: %s", log_program, words[level]);
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;
    size_t used;

    if (level > log_highest)
        return;
    used = (size_t)line_start(level, line, sizeof(line) - 1);
    va_start(arguments, format);
    vsnprintf(line + used, sizeof(line) - 1 - used, format, arguments);
    va_end(arguments);
    used = strlen(line);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return; /* there is nobody left to tell */
}
