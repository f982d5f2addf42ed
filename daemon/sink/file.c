// SPDX-License-Identifier: Apache-2.0

/* O_APPEND, so that a second writer or a truncating log rotation never leaves a hole.
 *
 * After each write() the file ends with a whole event: if a full disk accepted only a part of one,
 * that part is cut off again. So the file can be replaced by a new one at any of these moments,
 * also when the disk is full and a log rotation has to make room. A FIFO cannot be cut, so there
 * the rest of the event must be written first (`midway`).
 *
 * A partial line at the end of an existing file (left by a kill) is closed with a newline, so that
 * it does not damage the first new event.
 *
 * Once a second, and before a write that is not right after such a check, the sink checks whether
 * its path still leads to the file: if the file was deleted or replaced, new events must go to the
 * path. A file that was moved is written to for one second more, as a log rotation sends a signal
 * (SIGUSR1) when it is done.
 *
 * After a failed sync the kernel marks the pages clean: a second sync would succeed without writing
 * them. So the data that was not synced is cut off and written again. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_place.h"
#include "base/log.h"
#include "sink/archive.h"
#include "sink/file_config.h"
#include "sink/file_ends.h"
#include "sink/followed_file.h"
#include "sink/rotation.h"
#include "sink/sink_kinds.h"

#define NS_PER_MS INT64_C(1000000)
#define LOOK_NS   (10 * NS_PER_MS) /* within this time after a check, a write makes no other one */
#define TEND_NS   (1000 * NS_PER_MS) /* time between checks while no events come */

struct file_sink {
    struct sink base;
    struct file_config config; /* path is our own copy */
    struct archive archive;
    enum framing framing;
    const char *name;
    const char *header; /* NULL: none */

    /* owned by the writer thread */
    struct log_limit complaints;
    struct log_limit losses; /* of the file */
    struct error refusal;
    struct followed_file file; /* fd -1: has to be opened again */
    bool ends_midway;    /* the existing file ends with a partial line of an earlier process */
    bool other_header;   /* the existing file has another header: events go to a new one */
    bool midway;         /* the last write ended within an event */
    const char *missing; /* the part of the header that is still to be written */
    bool unsynced;
    int64_t synced_at; /* ns, monotonic; at first, when it was opened */
    struct rotation rotation;

    /* owned by the writer thread, any thread reads */
    _Atomic uint64_t size; /* of the file, as far as we know */
    counter rotations;
    counter rotations_failed;
    counter reopened;
    counter syncs;
    counter syncs_failed;

    /* any thread */
    atomic_bool moved; /* reopen() was called */
};

/* Opens without blocking, so that a FIFO without a reader does not hold up the start; later writes
 * may block. */
static int open_for_append(const struct file_place *place, struct stat *ret_stat,
                           struct error *error)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
    int fd = file_place_open(place, place->name, flags, 0640, ret_stat, error);

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static void describe(struct file_sink *sink, const struct file_place *place,
                     const struct stat *stat)
{
    sink->size = S_ISREG(stat->st_mode) ? (uint64_t)stat->st_size : 0;
    sink->ends_midway =
        sink->framing == FRAMING_LINES && sink->size > 0 && file_ends_midway(place, stat->st_size);
    sink->missing = sink->header && sink->size == 0 ? sink->header : "";
    sink->other_header =
        sink->header && sink->size > 0 && file_has_other_header(place, sink->header);
    rotation_begin(&sink->rotation, &sink->config);
}

/* Syncs the folder of a new file: the file itself must be on disk before its content counts as
 * synced. */
static int sync_folder(struct file_sink *sink, const struct file_place *place,
                       const struct stat *stat)
{
    int result = sink->config.fsync == SYNC_NEVER || stat->st_size > 0 || !S_ISREG(stat->st_mode)
                     ? 0
                     : file_place_sync(place);

    if (result < 0)
        counter_add(&sink->syncs_failed, 1);
    return sink->config.fsync == SYNC_CHUNK ? result : 0;
}

/* 0 or -errno; then sink->refusal may say more. */
static int open_file(struct file_sink *sink)
{
    struct file_place place;
    struct stat stat;
    int result = file_place_find(sink->config.path, &place, &sink->refusal), fd;

    if (result < 0)
        return result;
    fd = open_for_append(&place, &stat, &sink->refusal);
    if (fd >= 0) {
        describe(sink, &place, &stat);
        result = sync_folder(sink, &place, &stat);
    }
    file_place_release(&place);
    if (fd < 0)
        return fd;
    if (result < 0) {
        close(fd);
        return result;
    }
    followed_file_init(&sink->file, fd, &stat);
    return 0;
}

static int sync_now(struct file_sink *sink)
{
    int result = fdatasync(sink->file.fd) < 0 ? -errno : 0;

    sink->unsynced = false; /* also after a failure: a second sync would succeed without writing */
    sink->synced_at = clock_monotonic();
    if (result == -EINVAL || result == -EROFS)
        return 0; /* a FIFO cannot be synced */
    counter_add(result < 0 ? &sink->syncs_failed : &sink->syncs, 1);
    return result;
}

static void file_close(struct sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;

    if (!sink)
        return;
    if (sink->file.fd >= 0) {
        if (sink->unsynced && sink->config.fsync == SYNC_INTERVAL)
            sync_now(sink);
        close(sink->file.fd);
    }
    archive_deinit(&sink->archive);
    free((char *)sink->config.path);
    free(sink);
}

/* The kernel gives one error (ENXIO) both for a FIFO without a reader and for a socket. */
static const char *why_not(const char *path, const struct error *refusal, int code)
{
    struct stat stat_of;

    if (refusal->text[0])
        return refusal->text;
    if (code != -ENXIO)
        return strerror(-code);
    return stat(path, &stat_of) == 0 && S_ISSOCK(stat_of.st_mode)
               ? "it is a socket; write to it by a sink of type: unix"
               : "no process has this FIFO open for reading";
}

static int file_open(const void *config, const struct sink_options *options, struct error *error,
                     struct sink **ret)
{
    struct file_sink *sink = calloc(1, sizeof(*sink));
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_file;
    sink->file.fd = -1;
    sink->framing = options->framing;
    sink->name = options->name;
    sink->complaints = sink->losses = (struct log_limit){.lines = 1, .seconds = 60};
    sink->header = options->header;
    sink->config = *(const struct file_config *)config;
    sink->synced_at = clock_monotonic();
    sink->config.path = strdup(sink->config.path);
    result = sink->config.path
                 ? archive_init(&sink->archive, sink->config.path,
                                sink->config.compress == COMPRESS_ZSTD, (uint32_t)sink->config.keep)
                 : -ENOMEM;
    if (result == 0 && file_config_rotates(&sink->config))
        archive_clean(&sink->archive);
    if (result == 0)
        result = open_file(sink);
    if (result < 0) {
        const char *path = ((const struct file_config *)config)->path;

        error_set(error, result, "cannot open %s for writing: %s", path,
                  why_not(path, &sink->refusal, result));
        if (options->retry_open && result != -ENOMEM) {
            log_about(LOG_LEVEL_ERROR, "sink", sink->name, "%s; retrying", error_join(error));
            *ret = &sink->base;
            return 0;
        }
        file_close(&sink->base);
        return result;
    }
    *ret = &sink->base;
    return 0;
}

/* ---- on the writer thread -------------------------------------------------------------------- */

static void leave_file(struct file_sink *sink)
{
    if (sink->unsynced && sink->config.fsync != SYNC_NEVER)
        sync_now(sink);
    close(sink->file.fd);
    sink->file.fd = -1;
}

/* Takes over the size on disk: another process may have truncated the file. */
static void note_size(struct file_sink *sink, const struct stat *stat)
{
    sink->size = (uint64_t)stat->st_size;
    if (sink->size == 0 && sink->header)
        sink->missing = sink->header;
}

/* Between two events: leaves the file if the path does not lead to it any more. */
static void leave_if_replaced(struct file_sink *sink)
{
    struct stat stat;
    enum followed_state state = followed_file_look(&sink->file, sink->config.path, &stat);

    if (state == FOLLOWED_HERE && stat.st_nlink > 0)
        note_size(sink, &stat);
    if (state == FOLLOWED_HERE)
        return;
    log_write_limited(&sink->losses, LOG_LEVEL_WARNING, "sink", sink->name,
                      "%s was %s; opening the path again", sink->config.path,
                      followed_state_text(state));
    counter_add(&sink->reopened, 1);
    leave_file(sink);
}

/* Rotates the file if the path still leads to it: another process may have moved it already. If it
 * cannot be renamed, writing continues: a growing file is better than none. */
static void rotate(struct file_sink *sink)
{
    int result;

    if (sink->file.regular)
        leave_if_replaced(sink);
    if (sink->file.fd < 0)
        return;
    result = archive_move(&sink->archive, clock_realtime());

    if (result < 0 && result != -ENOENT) {
        counter_add(&sink->rotations_failed, 1);
        log_write_limited(&sink->complaints, LOG_LEVEL_ERROR, "sink", sink->name,
                          "cannot rotate %s: rename failed: %s; still writing to it",
                          sink->config.path, strerror(-result));
        rotation_begin(&sink->rotation, &sink->config);
        return;
    }
    leave_file(sink);
    counter_add(&sink->rotations, 1);
    archive_rotated(&sink->archive);
}

/* Rows must not be appended under the header of other columns. */
static void rotate_other_header(struct file_sink *sink)
{
    sink->other_header = false;
    log_write_limited(&sink->complaints, LOG_LEVEL_WARNING, "sink", sink->name,
                      "%s begins with another header (other columns); rotating it first",
                      sink->config.path);
    rotate(sink);
}

/* Leaves the file if reopen() was called, or if the last check of the path is `every` ns ago and it
 * leads elsewhere now. */
static void leave_if_moved(struct file_sink *sink, int64_t every)
{
    if (atomic_exchange(&sink->moved, false) && sink->file.fd >= 0)
        leave_file(sink);
    if (followed_file_is_due(&sink->file, every))
        leave_if_replaced(sink);
}

/* Between two events: the only place where the sink changes to another file. */
static int change_file(struct file_sink *sink, size_t more)
{
    int result;

    leave_if_moved(sink, LOOK_NS);
    if (sink->file.fd < 0 && (result = open_file(sink)) < 0)
        return result;
    if (sink->other_header)
        rotate_other_header(sink);
    if (sink->file.fd >= 0 && file_config_rotates(&sink->config) &&
        rotation_check(&sink->rotation, sink->size, more))
        rotate(sink);
    result = sink->file.fd < 0 ? open_file(sink) : 0;
    if (result < 0 || !sink->ends_midway)
        return result;
    if (write(sink->file.fd, "\n", 1) != 1)
        return -errno;
    sink->size++;
    sink->ends_midway = false;
    return 0;
}

static int least(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* Syncs if it is time. Returns ms until the next sync; -1: nothing to sync. */
static int sync_if_due(struct file_sink *sink)
{
    int64_t left;

    if (sink->config.fsync != SYNC_INTERVAL || !sink->unsynced || sink->file.fd < 0)
        return -1;
    left = sink->synced_at + (int64_t)sink->config.fsync_interval - clock_monotonic();
    if (left > 0)
        return (int)(left / NS_PER_MS) + 1;
    sync_now(sink);
    return -1;
}

/* Opens the path again after the file was moved, checks the file, and syncs by interval. 0, or
 * -errno: the file cannot be opened. Sets *ret_due to the ms until this is due again; -1: never. */
static int do_due_work(struct file_sink *sink, int *ret_due)
{
    int result = 0;

    if (!sink->midway)
        leave_if_moved(sink, TEND_NS);
    if (sink->file.fd < 0)
        result = open_file(sink);
    *ret_due = result < 0 ? TEND_NS / NS_PER_MS
                          : least(sync_if_due(sink), followed_file_due_in(&sink->file, TEND_NS));
    return result;
}

/* Writes as much as possible; if not everything, *ret_code is the reason. */
static size_t write_most(struct file_sink *sink, const char *bytes, size_t size, int *ret_code)
{
    size_t written = 0;

    while (written < size) {
        ssize_t more = write(sink->file.fd, bytes + written, size - written);

        if (more < 0) {
            *ret_code = -errno;
            break;
        }
        written += (size_t)more;
    }
    sink->size += written;
    sink->unsynced |= written > 0;
    return written;
}

/* Removes the last bytes of the file. */
static bool cut(struct file_sink *sink, size_t bytes)
{
    if (bytes > 0 && !followed_file_cut(&sink->file, bytes))
        return false;
    sink->size -= bytes;
    return true;
}

/* Written with the first event, so that a file without events stays empty. 0 or -errno. */
static int write_header(struct file_sink *sink)
{
    size_t size = strlen(sink->missing), written;
    int code = 0;

    written = write_most(sink, sink->missing, size, &code);
    if (written == size || !cut(sink, written))
        sink->missing += written;
    return code;
}

/* Returns the bytes written, or -errno. */
static ssize_t append(struct file_sink *sink, const char *bytes, size_t size)
{
    bool midway = sink->midway;
    int code = midway ? 0 : change_file(sink, size), due;
    const char *missing = sink->missing;
    size_t written, whole;

    if (code == 0 && *missing)
        code = write_header(sink);
    if (code < 0)
        return code;
    if (!midway)
        size = rotation_room(&sink->rotation, sink->framing, bytes, size);
    written = write_most(sink, bytes, size, &code);
    if (written < size && sink->file.regular && !midway) {
        whole = framing_whole(sink->framing, bytes, written);
        written = cut(sink, written - whole) ? whole : written;
        sink->midway = written != whole;
    } else {
        sink->midway = written < size && (midway || written > 0);
    }
    if (sink->config.fsync == SYNC_CHUNK && written > 0 && (code = sync_now(sink)) < 0) {
        if (cut(sink, written + (size_t)(sink->missing - missing)))
            sink->missing = missing;
        /* if it cannot be cut, events may appear twice */
        sink->midway = midway;
        return code;
    }
    if (!midway)
        rotation_count(&sink->rotation, sink->framing, bytes, written);
    do_due_work(sink, &due); /* if it cannot be opened again, the next call reports it */
    return written > 0 ? (ssize_t)written : code;
}

static enum sink_state file_write(struct sink *base, const char *bytes, size_t size,
                                  struct sink_outcome *outcome)
{
    struct file_sink *sink = (struct file_sink *)base;
    ssize_t result;

    sink->refusal.text[0] = '\0';
    result = append(sink, bytes, size);
    return result == -EPIPE ? SINK_GONE : sink_written(outcome, result, sink->refusal.text);
}

static enum sink_state file_tend(struct sink *base, struct sink_outcome *outcome)
{
    struct file_sink *sink = (struct file_sink *)base;
    int result;

    sink->refusal.text[0] = '\0';
    result = do_due_work(sink, &outcome->due_ms);
    return sink_written(outcome, result, sink->refusal.text);
}

/* ---- any thread ------------------------------------------------------------------------------ */

static void file_reopen(struct sink *base)
{
    atomic_store(&((struct file_sink *)base)->moved, true);
}

static void file_rows(const struct sink *base, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"size", "bytes", ROW_LEVEL, "Size of the current file"},
        {"rotations", "", ROW_COUNT, "Files rotated"},
        {"rotations_failed", "", ROW_COUNT,
         "Rotations that failed because the file could not be renamed"},
        {"reopened", "", ROW_COUNT,
         "Times the file was moved, deleted or replaced, and opened again"},
        {"syncs", "", ROW_COUNT, "Successful syncs to disk"},
        {"syncs_failed", "", ROW_COUNT, "Failed syncs to disk"},
        {"archive_deleted", "", ROW_COUNT, "Rotated files deleted because there were too many"},
        {"archive_failed", "", ROW_COUNT, "Rotated files that could not be compressed or deleted"},
    };
    const struct file_sink *sink = (const struct file_sink *)base;

    emit(data, &rows[0], sink->size);
    emit(data, &rows[1], counter_get(&sink->rotations));
    emit(data, &rows[2], counter_get(&sink->rotations_failed));
    emit(data, &rows[3], counter_get(&sink->reopened));
    emit(data, &rows[4], counter_get(&sink->syncs));
    emit(data, &rows[5], counter_get(&sink->syncs_failed));
    emit(data, &rows[6], counter_get(&sink->archive.deleted));
    emit(data, &rows[7], counter_get(&sink->archive.failed));
}

static const char *file_path(const void *config)
{
    return ((const struct file_config *)config)->path;
}

static bool file_owns_name(const void *config, const char *own, const char *name)
{
    return file_config_rotates(config) && archive_owns_name(own, name);
}

const struct sink_ops sink_file = {
    .name = "file",
    .doc = "a file, appended to",
    .settings = file_settings,
    .config_size = sizeof(struct file_config),
    .takes_long_events = true,
    .check = file_config_check,
    .file = file_path,
    .owns_name = file_owns_name,
    .open = file_open,
    .write = file_write,
    .tend = file_tend,
    .reopen = file_reopen,
    .rows = file_rows,
    .close = file_close,
};
