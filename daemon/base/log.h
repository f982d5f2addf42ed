// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Diagnostics for people: one line per event of operation, never one per record. They go to stderr,
 * or, where systemd made stderr the journal, there by its own protocol: with priority and with the
 * thing that the line is about as a field of its own (RINGMILL_SOURCE=, RINGMILL_SINK=, ...), so
 * that `journalctl RINGMILL_SINK=out` finds it. Any thread; a line is written whole. Control
 * characters are shown as ?, since a message may hold what others have named.
 *
 * From log_start() to log_end() nobody waits for standard error or the journal: what they do not
 * take is kept, up to a bound, then dropped and counted; a later line says how many. */

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Call once, before the first line. program is kept, not copied. */
void log_open(const char *program, enum log_level highest);

/* Main thread: from now on a thread of its own does the waiting, see base/log_queue.h. Without it
 * the logging thread waits, as in commands. More than once is fine. */
void log_start(void);
/* Main thread: waits for what was logged before it to go out, LOG_QUEUE_END_S at most. Accepts that
 * log_start() was not called. */
void log_end(void);
/* Main thread, at the end: text of several lines, as it is. It is not dropped for want of room, but
 * waits for it within that time, which begins here. */
void log_print(const char *text);
/* Any thread: lines that were dropped so far. */
uint64_t log_dropped(void);

/* Any thread, at any time: lines above this level are left out from now on. */
void log_set_level(enum log_level highest);

/* Any thread: the level set last. */
enum log_level log_get_level(void);

/* The name of a level: "error", "warning", "info" or "debug". */
const char *log_level_name(enum log_level level);

/* The level of that name; -1: there is none. */
int log_level_find(const char *name);

/* Any thread: writes one line. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* About one thing, as "sink" and "out": the line begins with "sink out: ". */
void log_about(enum log_level level, const char *kind, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Any thread: how many lines went to a terminal so far. */
uint64_t log_lines(void);

/* At most so many lines within so many seconds, for what may happen again and again. Owned by one
 * thread; only `lines` and `seconds` are set beforehand. */
struct log_limit {
    uint32_t lines;
    uint32_t seconds;
    int64_t since;    /* ns, monotonic: when the current stretch began */
    uint32_t written; /* in that stretch */
    uint64_t omitted; /* since the last line that was written */
};

/* Writes a line as log_about() does, unless the limit is reached; then the line is counted, and the
 * next one that is written says how many were omitted. True: the line was written. */
bool log_write_limited(struct log_limit *limit, enum log_level level, const char *kind,
                       const char *name, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
