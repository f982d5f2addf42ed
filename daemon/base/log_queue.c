// SPDX-License-Identifier: Apache-2.0

/* Why a thread: standard error may be anything, and is often shared with others. O_NONBLOCK would
 * be set for all who share it; a description of our own, by /proc/self/fd/2, is not to be had for a
 * socket, nor for a pipe or terminal of another user; poll() promises nothing when others write,
 * too; and the journal's library only knows how to wait. A thread blocks in all of these alike, and
 * nobody waits for it. Where the kernel can write without waiting (RWF_NOWAIT: sockets, and pipes
 * since Linux 6.4), whoever logs does that while nothing waits, so that a line is out when
 * log_write() returns.
 *
 *     log_write() ──▶ [ being filled ]  ═ swap ═  [ being written ] ──▶ standard error, the journal
 *
 * Once a line found no room, all that follow are dropped until the swap: so the line that says how
 * many is where they are missing. */

#include "base/log_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/thread.h"

enum output_state { DIRECT, RUNS, STUCK };

struct header {
    uint32_t text; /* bytes, both without the NUL */
    uint16_t field;
    int16_t level;
};

static _Atomic int state = DIRECT;
static _Atomic uint64_t dropped;

static struct {
    /* immutable once it runs */
    const struct log_queue_ops *ops;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;

    /* under the lock */
    char *filled;
    size_t used;
    uint64_t missed; /* lines that the buffer being filled had no room for */
    bool idle;       /* the thread has nothing in hand */
    bool ending;
    int64_t end_by; /* ns, monotonic; 0: nobody ends it yet */

    char buffers[2][LOG_QUEUE_BYTES];
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the thread ------------------------------------------------------------------------------ */

static const char *read_entry(const char *at, struct log_entry *ret_entry)
{
    struct header header;

    memcpy(&header, at, sizeof(header));
    at += sizeof(header);
    *ret_entry = (struct log_entry){
        .level = header.level, .field = at, .text = at + header.field + 1, .length = header.text};
    return ret_entry->text + header.text + 1;
}

/* Returns how many lines could not be written. */
static uint64_t write_buffer(const char *buffer, size_t used)
{
    const char *at = buffer;
    uint64_t failed = 0;

    while (at < buffer + used) {
        struct log_entry entry;

        at = read_entry(at, &entry);
        failed += !queue.ops->write(&entry);
    }
    atomic_fetch_add(&dropped, failed);
    return failed;
}

static void *queue_main(void *data)
{
    uint64_t untold = 0;

    (void)data;
    capabilities_drop();
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        const char *buffer = queue.filled;
        size_t used;

        queue.idle = true;
        while (queue.used == 0 && queue.missed == 0 && !queue.ending)
            pthread_cond_wait(&queue.changed, &queue.lock);
        queue.idle = false;
        if (queue.used == 0 && queue.missed == 0)
            break;
        used = queue.used;
        untold += queue.missed;
        queue.filled = queue.buffers[buffer == queue.buffers[0]];
        queue.used = 0;
        queue.missed = 0;
        pthread_cond_broadcast(&queue.changed); /* there is room */
        pthread_mutex_unlock(&queue.lock);
        untold += write_buffer(buffer, used);
        if (untold > 0 && queue.ops->tell(untold))
            untold = 0;
        pthread_mutex_lock(&queue.lock);
    }
    pthread_mutex_unlock(&queue.lock);
    return NULL;
}

/* ---- any thread ------------------------------------------------------------------------------ */

static bool fits(size_t bytes)
{
    return queue.missed == 0 && bytes <= LOG_QUEUE_BYTES - queue.used;
}

/* With the lock held. */
static bool wait_for_room(size_t bytes)
{
    struct timespec until;

    clock_after(queue.end_by - clock_monotonic(), &until);
    while (!fits(bytes) && clock_monotonic() < queue.end_by)
        pthread_cond_timedwait(&queue.changed, &queue.lock, &until);
    return fits(bytes);
}

static void append(const struct log_entry *entry)
{
    struct header header = {.text = (uint32_t)entry->length,
                            .field = (uint16_t)strlen(entry->field),
                            .level = (int16_t)entry->level};
    char *at = queue.filled + queue.used;

    memcpy(at, &header, sizeof(header));
    at += sizeof(header);
    memcpy(at, entry->field, header.field + 1U);
    at += header.field + 1;
    memcpy(at, entry->text, header.text);
    at[header.text] = '\0';
    queue.used = (size_t)(at + header.text + 1 - queue.filled);
}

void log_queue_put(const struct log_entry *entry)
{
    struct log_entry rest = *entry;
    size_t bytes, out = 0;

    if (atomic_load(&state) == STUCK) {
        atomic_fetch_add(&dropped, 1);
        return;
    }
    pthread_mutex_lock(&queue.lock);
    if (queue.idle && queue.used == 0 && queue.missed == 0)
        out = queue.ops->try(entry);
    rest.text += out;
    rest.length -= out;
    bytes = sizeof(struct header) + strlen(rest.field) + rest.length + 2;
    if (rest.length > 0 && wait_for_room(bytes))
        append(&rest);
    else if (rest.length > 0) {
        queue.missed++;
        atomic_fetch_add(&dropped, 1);
    }
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

uint64_t log_queue_dropped(void)
{
    return atomic_load(&dropped);
}

bool log_queue_runs(void)
{
    return atomic_load(&state) != DIRECT;
}

/* ---- life ------------------------------------------------------------------------------------ */

int log_queue_start(const struct log_queue_ops *ops)
{
    pthread_condattr_t attributes;
    int result;

    if (log_queue_runs())
        return 0;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    queue.ops = ops;
    queue.filled = queue.buffers[0];
    queue.used = 0;
    queue.idle = queue.ending = false;
    queue.end_by = 0;
    result = thread_start(&queue.thread, "log", queue_main, NULL);
    if (result == 0)
        atomic_store(&state, RUNS);
    return result;
}

void log_queue_end(void)
{
    pthread_mutex_lock(&queue.lock);
    if (queue.end_by == 0)
        queue.end_by = clock_monotonic() + LOG_QUEUE_END_S * INT64_C(1000000000);
    pthread_mutex_unlock(&queue.lock);
}

void log_queue_close(void)
{
    int64_t left;

    if (atomic_load(&state) != RUNS)
        return;
    log_queue_end();
    pthread_mutex_lock(&queue.lock);
    queue.ending = true;
    left = queue.end_by - clock_monotonic();
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    atomic_store(&state, thread_join(queue.thread, left > 0 ? (uint64_t)left : 0) ? DIRECT : STUCK);
}
