// SPDX-License-Identifier: Apache-2.0

/* O_APPEND, so that a second writer or a truncating log rotation never leaves a hole. A file is
 * only ever changed for another one between two chunks: so no event is cut in two, and what
 * `fsync: chunk` acknowledges lies in one file.
 *
 * Half a line at the end of a file that is found there (a kill, a full disk) is closed with a
 * newline, so that it spoils itself and not the first event that follows. */

#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/archive.h"

#define NS_PER_MS INT64_C(1000000)

enum file_sync { SYNC_NEVER, SYNC_ROTATE, SYNC_INTERVAL, SYNC_CHUNK };
enum file_compress { COMPRESS_NONE, COMPRESS_ZSTD };

static const struct setting_choice sync_choices[] = {
    {"never", SYNC_NEVER},
    {"rotate", SYNC_ROTATE},
    {"interval", SYNC_INTERVAL},
    {"chunk", SYNC_CHUNK},
    {0},
};

static const struct setting_choice compress_choices[] = {
    {"none", COMPRESS_NONE},
    {"zstd", COMPRESS_ZSTD},
    {0},
};

struct file_config {
    const char *path;
    uint64_t rotate_size;
    uint64_t rotate_every;
    int64_t keep;
    int compress;
    int sync;
    uint64_t sync_interval;
};

static const struct setting file_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct file_config, path),
        .required = true,
        .doc = "the file to append to",
    },
    {
        .name = "rotate_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct file_config, rotate_size),
        .minimum = 4096,
        .doc = "begin a new file when this one has so many bytes; without it, size does not matter",
    },
    {
        .name = "rotate_every",
        .type = SETTING_DURATION,
        .offset = offsetof(struct file_config, rotate_every),
        .minimum = INT64_C(1000000000),
        .doc = "begin a new file at each multiple of this time of the wall clock (UTC)",
    },
    {
        .name = "keep",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct file_config, keep),
        .minimum = 1,
        .maximum = 1000000,
        .doc = "rotated files that stay, the oldest ones go; without it, all stay",
    },
    {
        .name = "compress",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct file_config, compress),
        .fallback = "none",
        .choices = compress_choices,
        .doc = "what is done to rotated files",
    },
    {
        .name = "fsync",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct file_config, sync),
        .fallback = "never",
        .choices = sync_choices,
        .doc = "when what was written is brought to disk; chunk: before it counts as delivered",
    },
    {
        .name = "fsync_interval",
        .type = SETTING_DURATION,
        .offset = offsetof(struct file_config, sync_interval),
        .minimum = INT64_C(10000000),
        .fallback = "1s",
        .doc = "how often, with fsync: interval",
    },
    {0},
};

struct file_sink {
    struct sink base;
    struct file_config config; /* path is our own copy */
    struct archive archive;
    bool lines;         /* the format is text */
    const char *header; /* NULL: none */

    /* owned by the writer thread */
    _Atomic int fd; /* any thread reads; -1: it has to be opened anew */
    uint64_t size;  /* of the file, as far as we know */
    bool midway;    /* the last write took only a part of a chunk */
    bool headless;  /* the header is still to be written */
    bool unsynced;
    int64_t synced_at;  /* ns, monotonic */
    int64_t rotates_at; /* ns, wall clock */

    /* any thread */
    atomic_bool moved; /* reopen() was called */
    counter rotations;
    counter syncs;
};

/* A fifo without a reader must not hold up the start, but once it is open, writing may block. */
static int open_for_append(const char *path)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_NONBLOCK, 0640);

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static bool ends_midway(const char *path, off_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char last = '\n';

    if (fd < 0)
        return false; /* write-only for us: then it cannot be seen */
    if (pread(fd, &last, 1, size - 1) != 1)
        last = '\n';
    close(fd);
    return last != '\n';
}

/* The next multiple of rotate_every after now. */
static int64_t next_rotation(const struct file_sink *sink)
{
    int64_t every = (int64_t)sink->config.rotate_every;
    int64_t now = clock_realtime();

    return every > 0 ? now - now % every + every : INT64_MAX;
}

/* 0 or -errno. */
static int open_file(struct file_sink *sink)
{
    int fd = open_for_append(sink->config.path);
    struct stat stat;

    if (fd < 0)
        return -errno;
    sink->size = 0;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
        sink->size = (uint64_t)stat.st_size;
        if (sink->lines && sink->size > 0 && ends_midway(sink->config.path, stat.st_size) &&
            write(fd, "\n", 1) == 1)
            sink->size++;
    }
    sink->rotates_at = next_rotation(sink);
    sink->headless = sink->header && sink->size == 0;
    sink->fd = fd;
    return 0;
}

static void file_close(struct sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;

    if (!sink)
        return;
    if (sink->fd >= 0) {
        if (sink->unsynced && sink->config.sync == SYNC_INTERVAL)
            fdatasync(sink->fd);
        close(sink->fd);
    }
    archive_deinit(&sink->archive);
    free((char *)sink->config.path);
    free(sink);
}

static int file_open(const void *config, const struct sink_options *options, struct error *error,
                     struct sink **ret)
{
    struct file_sink *sink = calloc(1, sizeof(*sink));
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_file;
    sink->fd = -1;
    sink->lines = options->framing == FRAMING_LINES;
    sink->header = options->header;
    sink->config = *(const struct file_config *)config;
    sink->config.path = strdup(sink->config.path);
    result = sink->config.path
                 ? archive_init(&sink->archive, sink->config.path,
                                sink->config.compress == COMPRESS_ZSTD, (uint32_t)sink->config.keep)
                 : -ENOMEM;
    if (result == 0)
        result = open_file(sink);
    if (result < 0) {
        error_set(error, result, "cannot open %s for writing: %s",
                  ((const struct file_config *)config)->path,
                  result == -ENXIO ? "nobody reads this fifo" : strerror(-result));
        file_close(&sink->base);
        return result;
    }
    *ret = &sink->base;
    return 0;
}

/* ---- on the writer thread -------------------------------------------------------------------- */

static int sync_now(struct file_sink *sink)
{
    if (fdatasync(sink->fd) < 0 && errno != EINVAL && errno != EROFS) /* a fifo cannot */
        return -errno;
    sink->unsynced = false;
    sink->synced_at = clock_monotonic();
    counter_add(&sink->syncs, 1);
    return 0;
}

static void leave_file(struct file_sink *sink)
{
    if (sink->unsynced && sink->config.sync != SYNC_NEVER)
        sync_now(sink);
    close(sink->fd);
    sink->fd = -1;
}

static bool is_due(const struct file_sink *sink, size_t more)
{
    if (sink->size == 0)
        return false;
    return (sink->config.rotate_size > 0 && sink->size + more > sink->config.rotate_size) ||
           clock_realtime() >= sink->rotates_at;
}

/* Only what is there by that name: somebody else may have moved it away already. */
static int rotate(struct file_sink *sink)
{
    int result = archive_move(&sink->archive, clock_realtime());

    if (result < 0 && result != -ENOENT)
        return result;
    leave_file(sink);
    counter_add(&sink->rotations, 1);
    archive_rotated(&sink->archive);
    return 0;
}

/* With the first event, so that a file without events stays empty. Half a header is taken back,
 * where it can be. 0 or -errno. */
static int write_header(struct file_sink *sink)
{
    size_t size = strlen(sink->header);
    ssize_t written = write(sink->fd, sink->header, size);

    if (written < 0)
        return -errno;
    if ((size_t)written < size && ftruncate(sink->fd, 0) == 0)
        return -ENOSPC;
    sink->size += (uint64_t)written;
    sink->headless = false;
    return 0;
}

/* Between two chunks: whatever changes the file happens here. */
static int change_file(struct file_sink *sink, size_t more)
{
    bool rotates = sink->config.rotate_size > 0 || sink->config.rotate_every > 0;
    int result = 0;

    if (atomic_exchange(&sink->moved, false) && sink->fd >= 0)
        leave_file(sink);
    if (sink->fd >= 0 && rotates && is_due(sink, more))
        result = rotate(sink);
    if (result == 0 && sink->fd < 0)
        result = open_file(sink);
    if (result == 0 && sink->headless)
        result = write_header(sink);
    return result;
}

/* Syncs by interval, if it is time. Returns ms until it will be; -1: nothing to sync. */
static int file_tend(struct sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;
    int64_t left;

    if (sink->config.sync != SYNC_INTERVAL || !sink->unsynced || sink->fd < 0)
        return -1;
    left = sink->synced_at + (int64_t)sink->config.sync_interval - clock_monotonic();
    if (left > 0)
        return (int)(left / NS_PER_MS) + 1;
    return sync_now(sink) < 0 ? (int)(sink->config.sync_interval / (uint64_t)NS_PER_MS) : -1;
}

static ssize_t file_write(struct sink *base, const char *bytes, size_t size)
{
    struct file_sink *sink = (struct file_sink *)base;
    ssize_t written;
    int result = sink->midway ? 0 : change_file(sink, size);

    if (result < 0)
        return result;
    written = write(sink->fd, bytes, size);
    if (written < 0)
        return -errno;
    sink->size += (uint64_t)written;
    sink->midway = (size_t)written < size;
    sink->unsynced = true;
    file_tend(base);
    if (sink->config.sync == SYNC_CHUNK && !sink->midway) {
        result = sync_now(sink);
        /* It is in the file but not on disk, so it must not count as delivered. Written once more
         * it would be there twice; so all but its last byte counts, and that byte is tried again
         * with the sync. */
        if (result < 0 && written > 1 && ftruncate(sink->fd, (off_t)sink->size - 1) == 0) {
            sink->size--;
            sink->midway = true;
            return written - 1;
        }
        if (result < 0)
            return result;
    }
    return written;
}

/* ---- any thread ------------------------------------------------------------------------------ */

static void file_reopen(struct sink *base)
{
    atomic_store(&((struct file_sink *)base)->moved, true);
}

static int file_watch_fd(const struct sink *sink)
{
    (void)sink;
    return -1;
}

static void file_rows(const struct sink *base, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"size", "bytes", ROW_LEVEL, "Size of the file that is written to"},
        {"rotations", "", ROW_COUNT, "Files rotated away"},
        {"syncs", "", ROW_COUNT, "Times that what was written was brought to disk"},
        {"archive_deleted", "", ROW_COUNT, "Rotated files deleted because there were too many"},
        {"archive_failed", "", ROW_COUNT, "Rotated files that could not be compressed or deleted"},
    };
    const struct file_sink *sink = (const struct file_sink *)base;
    struct stat stat;
    bool there = fstat(sink->fd, &stat) == 0;

    emit(data, &rows[0], there ? (uint64_t)stat.st_size : 0);
    emit(data, &rows[1], counter_get(&sink->rotations));
    emit(data, &rows[2], counter_get(&sink->syncs));
    emit(data, &rows[3], counter_get(&sink->archive.deleted));
    emit(data, &rows[4], counter_get(&sink->archive.failed));
}

const struct sink_ops sink_file = {
    .name = "file",
    .doc = "a file, appended to",
    .settings = file_settings,
    .config_size = sizeof(struct file_config),
    .open = file_open,
    .write = file_write,
    .tend = file_tend,
    .reopen = file_reopen,
    .watch_fd = file_watch_fd,
    .rows = file_rows,
    .close = file_close,
};
