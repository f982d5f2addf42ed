// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Lines that wait for standard error or the journal, and the one thread that may block there. What
 * the queue has no room for is dropped and counted, and said in its place once lines go again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOG_QUEUE_BYTES = 64 * 1024, /* of lines that wait; as many again are being written */
    LOG_QUEUE_END_S = 5,         /* that the last lines are waited for */
};

struct log_entry {
    int level;         /* of enum log_level, or LOG_QUEUE_PLAIN */
    const char *field; /* "RINGMILL_SINK=out", or "" */
    const char *text;
    size_t length; /* of the text, which has a NUL after it */
};

enum { LOG_QUEUE_PLAIN = -1 }; /* the text is all there is, as it goes to standard error */

struct log_queue_ops {
    /* Any thread, one at a time: how many bytes went out at once, without waiting. */
    size_t (*try)(const struct log_entry *entry);
    /* The queue's thread: waits as long as it takes. False: it cannot be written. */
    bool (*write)(const struct log_entry *entry);
    /* Writes a line that says how many lines were dropped. */
    bool (*tell)(uint64_t dropped);
};

/* Main thread. 0, also when it runs already, or -errno: then whoever logs goes on writing. */
int log_queue_start(const struct log_queue_ops *ops);
/* Any thread: the lines go to log_queue_put(). */
bool log_queue_runs(void);
/* Any thread. Waits for room only after log_queue_end(). */
void log_queue_put(const struct log_entry *entry);
/* Main thread: from now on what finds no room waits for it, and log_queue_close() for the rest; in
 * all at most LOG_QUEUE_END_S from the first call on. */
void log_queue_end(void);
/* Main thread, after the last line. Accepts a queue that does not run. */
void log_queue_close(void);

/* Any thread. */
uint64_t log_queue_dropped(void);
