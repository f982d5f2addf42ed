// SPDX-License-Identifier: Apache-2.0

/* A line is formatted on the stack and leaves by one system call, so that lines of several threads
 * never mix; who waits for it, if it does not go at once, see base/log_queue.c. systemd tells by
 * JOURNAL_STREAM which device and inode the journal's stream has; the variable alone says little,
 * since stderr may have been redirected since. What the journal's own socket does not take goes to
 * stderr after all. */

#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
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
#include "base/log_queue.h"
#include "base/printable.h"

enum { LINE_MAX_BYTES = 2048, FIELD_MAX_BYTES = 160 };

/* sd_journal_sendv() takes its absence for success. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static const char *log_program = "ringmill";
static _Atomic int log_highest = LOG_LEVEL_INFO;
static bool log_to_journal;
static bool log_to_terminal;
static _Atomic uint64_t log_written; /* lines, to a terminal */
static atomic_bool log_cut;          /* the last line went out in part */

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

static bool send_to_journal(const struct log_entry *entry)
{
    char priority[sizeof("PRIORITY=7")], program[FIELD_MAX_BYTES];
    char text[sizeof("MESSAGE=") + LINE_MAX_BYTES];
    struct iovec fields[4];

    snprintf(priority, sizeof(priority), "PRIORITY=%d", priorities[entry->level]);
    snprintf(text, sizeof(text), "MESSAGE=%s", entry->text);
    snprintf(program, sizeof(program), "SYSLOG_IDENTIFIER=%s", log_program);
    fields[0] = (struct iovec){priority, strlen(priority)};
    fields[1] = (struct iovec){text, strlen(text)};
    fields[2] = (struct iovec){program, strlen(program)};
    fields[3] = (struct iovec){(char *)entry->field, strlen(entry->field)};
    return sd_journal_sendv(fields, entry->field[0] ? 4 : 3) >= 0;
}

static size_t make_line(enum log_level level, const char *message, char line[LINE_MAX_BYTES])
{
    int used = snprintf(line, LINE_MAX_BYTES - 1, "%s: %s%s%s", log_program,
                        level == LOG_LEVEL_INFO ? "" : level_names[level],
                        level == LOG_LEVEL_INFO ? "" : ": ", message);

    if (used > LINE_MAX_BYTES - 2)
        used = LINE_MAX_BYTES - 2;
    line[used++] = '\n';
    line[used] = '\0';
    return (size_t)used;
}

/* Somebody who shares the description may have made it non-blocking. */
static bool wait_for_stderr(void)
{
    struct pollfd poll_fd = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&poll_fd, 1, -1) >= 0 || errno == EINTR;
}

/* Returns how many went out: fewer where there is an error. */
static size_t write_bytes(const char *bytes, size_t size)
{
    size_t out = 0;

    while (out < size) {
        ssize_t written = write(STDERR_FILENO, bytes + out, size - out);

        if (written < 0 && errno != EINTR && (errno != EAGAIN || !wait_for_stderr()))
            break;
        out += written > 0 ? (size_t)written : 0;
    }
    return out;
}

/* What a full disk has cut is ended before the next line. */
static bool send_to_stderr(const char *line, size_t size)
{
    size_t out;

    if (atomic_load(&log_cut) && write_bytes("\n", 1) == 0)
        return false;
    out = write_bytes(line, size);
    atomic_store(&log_cut, out > 0 && out < size);
    if (out == size && log_to_terminal)
        atomic_fetch_add(&log_written, 1);
    return out == size;
}

static bool write_entry(const struct log_entry *entry)
{
    char line[LINE_MAX_BYTES];

    if (entry->level == LOG_QUEUE_PLAIN)
        return send_to_stderr(entry->text, entry->length);
    if (log_to_journal && send_to_journal(entry))
        return true;
    return send_to_stderr(line, make_line((enum log_level)entry->level, entry->text, line));
}

/* A pipe takes all of a line or nothing of it; a terminal, a file and the journal are the queue's
 * thread's. */
static size_t try_entry(const struct log_entry *entry)
{
    struct iovec bytes = {(char *)entry->text, entry->length};
    ssize_t written = -1;

    if (entry->level == LOG_QUEUE_PLAIN && !log_to_terminal && !atomic_load(&log_cut))
        written = pwritev2(STDERR_FILENO, &bytes, 1, -1, RWF_NOWAIT);
    return written > 0 ? (size_t)written : 0;
}

static void put_entry(const struct log_entry *entry)
{
    if (log_queue_runs())
        log_queue_put(entry);
    else
        write_entry(entry);
}

static void put_line(enum log_level level, const char *field, const char *message)
{
    struct log_entry entry = {level, field, message, strlen(message)};
    char line[LINE_MAX_BYTES];

    if (!log_to_journal)
        entry = (struct log_entry){LOG_QUEUE_PLAIN, "", line, make_line(level, message, line)};
    put_entry(&entry);
}

/* kind may be NULL: the line is about nothing in particular. */
static void write_line(enum log_level level, const char *kind, const char *name, uint64_t left_out,
                       const char *format, va_list arguments)
{
    char message[LINE_MAX_BYTES], field[FIELD_MAX_BYTES] = "";
    size_t used = 0;

    if (kind)
        used = (size_t)snprintf(message, FIELD_MAX_BYTES, "%s %s: ", kind, name);
    if (used >= FIELD_MAX_BYTES)
        used = FIELD_MAX_BYTES - 1;
    vsnprintf(message + used, sizeof(message) - used, format, arguments);
    used = strlen(message);
    if (left_out > 0)
        snprintf(message + used, sizeof(message) - used,
                 " (%" PRIu64 " similar lines were suppressed)", left_out);
    printable_make(message); /* it may hold what a process calls itself */
    if (kind)
        write_field(kind, name, field);
    put_line(level, field, message);
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

/* ---- nobody waits ---------------------------------------------------------------------------- */

static bool tell_dropped(uint64_t dropped)
{
    char message[LINE_MAX_BYTES];
    int length = snprintf(message, sizeof(message),
                          "%" PRIu64 " log lines were dropped here: %s did not accept them",
                          dropped, log_to_journal ? "the journal" : "standard error");

    return write_entry(&(struct log_entry){LOG_LEVEL_WARNING, "", message, (size_t)length});
}

void log_start(void)
{
    static const struct log_queue_ops ops = {try_entry, write_entry, tell_dropped};
    int result = log_queue_start(&ops);

    if (result < 0)
        log_warning("cannot start the log thread: %s; threads that log may have to wait",
                    strerror(-result));
}

void log_end(void)
{
    log_queue_close();
}

void log_print(const char *text)
{
    char line[LINE_MAX_BYTES];

    log_queue_end();
    while (*text) {
        size_t size = strcspn(text, "\n") + 1;

        size = text[size - 1] ? size : size - 1;
        size = size < sizeof(line) ? size : sizeof(line) - 1;
        memcpy(line, text, size);
        line[size] = '\0';
        put_entry(&(struct log_entry){LOG_QUEUE_PLAIN, "", line, size});
        text += size;
    }
}

uint64_t log_dropped(void)
{
    return log_queue_dropped();
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
    limit->omitted++;
    return false;
}

bool log_write_limited(struct log_limit *limit, enum log_level level, const char *kind,
                       const char *name, const char *format, ...)
{
    va_list arguments;

    if (level > log_get_level() || !limit_allows(limit, clock_monotonic()))
        return false;
    va_start(arguments, format);
    write_line(level, kind, name, limit->omitted, format, arguments);
    va_end(arguments);
    limit->omitted = 0;
    return true;
}
