// SPDX-License-Identifier: Apache-2.0

/* A line is formatted on the stack and leaves by one system call, so that lines of several threads
 * never mix. systemd tells by JOURNAL_STREAM which device and inode the journal's stream has; the
 * variable alone says little, since stderr may have been redirected since. What the journal's own
 * socket does not take goes to stderr after all. */

#include "base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"

enum { LINE_MAX_BYTES = 2048, FIELD_MAX_BYTES = 160 };

/* sd_journal_sendv() takes its absence for success. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static const char *log_program = "ringmill";
static _Atomic int log_highest = LOG_LEVEL_INFO;
static bool log_to_journal;
static bool log_to_terminal;
static _Atomic uint64_t log_written; /* lines, to a terminal */

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const int priorities[] = {3, 4, 6, 7};

static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uint64_t device, inode;
    struct stat stat;

    return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode &&
           access(JOURNAL_SOCKET, F_OK) == 0;
}

void log_open(const char *program, enum log_level highest)
{
    log_program = program;
    log_set_level(highest);
    log_to_journal = stderr_is_journal();
    log_to_terminal = isatty(STDERR_FILENO);
}

uint64_t log_lines(void)
{
    return atomic_load(&log_written);
}

void log_set_level(enum log_level highest)
{
    atomic_store(&log_highest, (int)highest);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&log_highest);
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

int log_level_find(const char *name)
{
    for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
        if (strcmp(level_names[i], name) == 0)
            return i;
    return -1;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* "RINGMILL_SINK=out". */
static void write_field(const char *kind, const char *name, char field[FIELD_MAX_BYTES])
{
    snprintf(field, FIELD_MAX_BYTES, "RINGMILL_%s=%s", kind, name);
    for (char *at = field; *at != '='; at++)
        *at = (char)toupper((unsigned char)*at);
}

static bool send_to_journal(enum log_level level, const char *kind, const char *name,
                            const char *message)
{
    char priority[sizeof("PRIORITY=7")], field[FIELD_MAX_BYTES];
    char text[sizeof("MESSAGE=") + LINE_MAX_BYTES], program[FIELD_MAX_BYTES];
    struct iovec fields[4];

    snprintf(priority, sizeof(priority), "PRIORITY=%d", priorities[level]);
    snprintf(text, sizeof(text), "MESSAGE=%s", message);
    snprintf(program, sizeof(program), "SYSLOG_IDENTIFIER=%s", log_program);
    fields[0] = (struct iovec){priority, strlen(priority)};
    fields[1] = (struct iovec){text, strlen(text)};
    fields[2] = (struct iovec){program, strlen(program)};
    if (kind) {
        write_field(kind, name, field);
        fields[3] = (struct iovec){field, strlen(field)};
    }
    return sd_journal_sendv(fields, kind ? 4 : 3) >= 0;
}

static void send_to_stderr(enum log_level level, const char *message)
{
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof(line) - 1, "%s: %s%s%s", log_program,
                        level == LOG_LEVEL_INFO ? "" : level_names[level],
                        level == LOG_LEVEL_INFO ? "" : ": ", message);

    if (used > (int)sizeof(line) - 2)
        used = (int)sizeof(line) - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)used) < 0)
        return; /* there is nobody left to tell */
    if (log_to_terminal)
        atomic_fetch_add(&log_written, 1);
}

/* kind may be NULL: the line is about nothing in particular. */
static void write_line(enum log_level level, const char *kind, const char *name, uint64_t left_out,
                       const char *format, va_list arguments)
{
    char message[LINE_MAX_BYTES];
    size_t used = 0;

    if (kind)
        used = (size_t)snprintf(message, FIELD_MAX_BYTES, "%s %s: ", kind, name);
    if (used >= FIELD_MAX_BYTES)
        used = FIELD_MAX_BYTES - 1;
    vsnprintf(message + used, sizeof(message) - used, format, arguments);
    used = strlen(message);
    if (left_out > 0)
        snprintf(message + used, sizeof(message) - used,
                 " (%" PRIu64 " such lines before it were left out)", left_out);
    printable_make(message); /* it may hold what a process calls itself */
    if (!log_to_journal || !send_to_journal(level, kind, name, message))
        send_to_stderr(level, message);
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list arguments;

    if (level > log_get_level())
        return;
    va_start(arguments, format);
    write_line(level, NULL, NULL, 0, format, arguments);
    va_end(arguments);
}

void log_about(enum log_level level, const char *kind, const char *name, const char *format, ...)
{
    va_list arguments;

    if (level > log_get_level())
        return;
    va_start(arguments, format);
    write_line(level, kind, name, 0, format, arguments);
    va_end(arguments);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static bool limit_allows(struct log_limit *limit, int64_t now)
{
    if (limit->since == 0 || now - limit->since >= limit->seconds * INT64_C(1000000000)) {
        limit->since = now;
        limit->written = 0;
    }
    if (limit->written < limit->lines) {
        limit->written++;
        return true;
    }
    limit->left_out++;
    return false;
}

bool log_limited(struct log_limit *limit, enum log_level level, const char *kind, const char *name,
                 const char *format, ...)
{
    va_list arguments;

    if (level > log_get_level() || !limit_allows(limit, clock_monotonic()))
        return false;
    va_start(arguments, format);
    write_line(level, kind, name, limit->left_out, format, arguments);
    va_end(arguments);
    limit->left_out = 0;
    return true;
}
