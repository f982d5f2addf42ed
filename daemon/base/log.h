// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Diagnostics for people, on stderr: one line per event of operation, never one per record. Under
 * systemd each line carries its syslog priority. Any thread; a line is written whole. */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Call once, before the first line. program is kept, not copied. */
void log_open(const char *program, enum log_level highest);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
