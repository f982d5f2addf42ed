// SPDX-License-Identifier: Apache-2.0

/* The folder itself is the list of work: a rotated file that is not compressed yet is found by its
 * name, also after a crash. So the thread is only told that there may be more to do. A .zst is
 * renamed to its final name last, so a partial one is never mistaken for a complete one. */

#include "sink/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file_place.h"
#include "base/log.h"
#include "base/thread.h"

#define COMPRESSED ".zst"
#define PARTIAL    ".zst.partial"

enum {
    ZSTD_LEVEL = 3,
    TURN_MAX = 999999999,
    NAME_ROOM = NAME_MAX + 64, /* the kernel refuses a name that is too long */
    MOVE_TRIES = 8,
};

int archive_init(struct archive *archive, const char *path, bool compress, uint32_t keep)
{
    memset(archive, 0, sizeof(*archive));
    archive->path = strdup(path);
    archive->compress = compress;
    archive->keep = keep;
    return archive->path ? 0 : -ENOMEM;
}

void archive_deinit(struct archive *archive)
{
    atomic_store(&archive->stop, true);
    if (archive->started)
        pthread_join(archive->thread, NULL);
    free(archive->path);
    memset(archive, 0, sizeof(*archive));
}

/* ---- names ----------------------------------------------------------------------------------- */

/* RFC 3339's basic form, which needs no colons. */
static void put_stamp(int64_t wall_ns, char out[ARCHIVE_STAMP + 1])
{
    char time[CLOCK_RFC3339_LENGTH + 1];

    clock_format_rfc3339(wall_ns, time);
    snprintf(out, ARCHIVE_STAMP + 1, "-%.4s%.2s%.2sT%.2s%.2s%.13s", time, time + 5, time + 8,
             time + 11, time + 14, time + 17);
}

static void put_name(const char *own, const struct archive_order *order, char out[NAME_ROOM])
{
    if (order->turn > 0)
        snprintf(out, NAME_ROOM, "%s%s-%" PRIu32, own, order->stamp, order->turn);
    else
        snprintf(out, NAME_ROOM, "%s%s", own, order->stamp);
}

static bool is_stamp(const char *text)
{
    static const char shape[] = "-dddddddd"
                                "Tdddddd.dddddddddZ";

    for (size_t i = 0; i < ARCHIVE_STAMP; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return true;
}

/* Reads "-12" as put_name() writes it. Returns the first character after it, or NULL. */
static const char *take_turn(const char *text, uint32_t *ret)
{
    uint32_t turn = 0;

    *ret = 0;
    if (*text != '-')
        return text;
    if (text[1] == '0')
        return NULL;
    for (text++; *text >= '0' && *text <= '9'; text++) {
        turn = turn * 10 + (uint32_t)(*text - '0');
        if (turn > TURN_MAX)
            return NULL;
    }
    *ret = turn;
    return turn > 0 ? text : NULL;
}

/* Recognizes only names that this archive makes; other files are left alone. Returns what the name
 * ends in: "", COMPRESSED or PARTIAL; or NULL. */
static const char *read_name(const char *own, const char *name, struct archive_order *ret)
{
    size_t length = strlen(own);
    const char *end;

    if (strncmp(name, own, length) != 0 || !is_stamp(name + length))
        return NULL;
    memcpy(ret->stamp, name + length, ARCHIVE_STAMP);
    ret->stamp[ARCHIVE_STAMP] = '\0';
    end = take_turn(name + length + ARCHIVE_STAMP, &ret->turn);
    return end && (!*end || strcmp(end, COMPRESSED) == 0 || strcmp(end, PARTIAL) == 0) ? end : NULL;
}

bool archive_owns_name(const char *own, const char *name)
{
    struct archive_order order;

    return read_name(own, name, &order) != NULL;
}

static int compare_orders(const struct archive_order *one, const struct archive_order *other)
{
    if (one->turn != other->turn)
        return one->turn < other->turn ? -1 : 1;
    return strcmp(one->stamp, other->stamp);
}

/* ---- the folder ------------------------------------------------------------------------------ */

struct rotated {
    char *name;
    struct archive_order order;
    bool compressed;
};

/* Rotated files, oldest first. */
struct rotated_list {
    struct rotated *files;
    size_t count;
};

static void free_listing(struct rotated_list *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->files[i].name);
    free(listing->files);
}

static int compare_files(const void *one, const void *other)
{
    const struct rotated *a = one, *b = other;
    int order = compare_orders(&a->order, &b->order);

    return order ? order : strcmp(a->name, b->name);
}

static DIR *open_folder(const struct file_place *place)
{
    int fd = openat(place->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !folder)
        close(fd);
    return folder;
}

/* Ignores files of other users, whatever their names are. */
static void add_file(const struct file_place *place, const char *name, struct rotated_list *listing)
{
    struct rotated file = {0}, *files;
    const char *end = read_name(place->name, name, &file.order);

    if (!end || strcmp(end, PARTIAL) == 0 || !file_place_holds(place, name))
        return;
    files = reallocarray(listing->files, listing->count + 1, sizeof(*files));
    if (!files)
        return;
    listing->files = files;
    file.name = strdup(name);
    file.compressed = *end != '\0';
    if (file.name)
        files[listing->count++] = file;
}

static int list_rotated(const struct file_place *place, struct rotated_list *ret_listing)
{
    struct rotated_list listing = {0};
    DIR *folder = open_folder(place);

    if (!folder)
        return -errno;
    for (struct dirent *entry; (entry = readdir(folder));)
        add_file(place, entry->d_name, &listing);
    closedir(folder);
    if (listing.count > 0)
        qsort(listing.files, listing.count, sizeof(*listing.files), compare_files);
    *ret_listing = listing;
    return 0;
}

void archive_clean(struct archive *archive)
{
    struct archive_order order;
    struct file_place place;
    const char *end;
    DIR *folder;

    if (file_place_find(archive->path, &place, NULL) < 0)
        return; /* the sink reports it when it opens the file */
    folder = open_folder(&place);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        end = read_name(place.name, entry->d_name, &order);
        if (end && strcmp(end, PARTIAL) == 0 && file_place_holds(&place, entry->d_name))
            unlinkat(place.folder, entry->d_name, 0);
    }
    if (folder)
        closedir(folder);
    file_place_release(&place);
}

/* ---- on the writer thread -------------------------------------------------------------------- */

/* Reads the folder once; later the newest file is known. */
static int look_for_newest(struct archive *archive, const struct file_place *place)
{
    struct rotated_list listing;
    int result = archive->looked ? 0 : list_rotated(place, &listing);

    if (archive->looked || result < 0)
        return result;
    if (listing.count > 0)
        archive->newest = listing.files[listing.count - 1].order;
    archive->looked = true;
    free_listing(&listing);
    return 0;
}

/* Never replaces a file. Where the file system cannot guarantee that (no RENAME_NOREPLACE), the
 * name is checked first. */
static int rename_new(const struct file_place *place, const char *to)
{
    struct stat there;

    if (renameat2(place->folder, place->name, place->folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (fstatat(place->folder, to, &there, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    return renameat(place->folder, place->name, place->folder, to) < 0 ? -errno : 0;
}

static int move_to_newest(struct archive *archive, const struct file_place *place, int64_t wall_ns)
{
    struct archive_order order = {.turn = archive->newest.turn};
    char name[NAME_ROOM];
    int result = -EEXIST;

    put_stamp(wall_ns, order.stamp);
    if (compare_orders(&order, &archive->newest) <= 0)
        order.turn++;
    for (int i = 0; i < MOVE_TRIES && result == -EEXIST; i++, order.turn++) {
        put_name(place->name, &order, name);
        result = rename_new(place, name);
        if (result == 0)
            archive->newest = order;
    }
    return result;
}

int archive_move(struct archive *archive, int64_t wall_ns)
{
    struct file_place place;
    int result = file_place_find(archive->path, &place, NULL);

    if (result < 0)
        return result;
    result = look_for_newest(archive, &place);
    if (result == 0)
        result = move_to_newest(archive, &place, wall_ns);
    file_place_release(&place);
    return result;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static int copy_compressed(const struct archive *archive, FILE *in, FILE *out)
{
    size_t in_size = ZSTD_CStreamInSize(), out_size = ZSTD_CStreamOutSize();
    _cleanup_(cleanup_free) char *in_bytes = malloc(in_size);
    _cleanup_(cleanup_free) char *out_bytes = malloc(out_size);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    int result = in_bytes && out_bytes && context ? 0 : -ENOMEM;
    bool last = false;

    if (result == 0) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    }
    while (result == 0 && !last) {
        ZSTD_inBuffer from = {in_bytes, fread(in_bytes, 1, in_size, in), 0};
        size_t left = 1;

        last = from.size < in_size;
        if (ferror(in) || atomic_load(&archive->stop))
            result = ferror(in) ? -EIO : -EINTR;
        while (result == 0 && (from.pos < from.size || (last && left > 0))) {
            ZSTD_outBuffer to = {out_bytes, out_size, 0};

            left = ZSTD_compressStream2(context, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) || fwrite(out_bytes, 1, to.pos, out) != to.pos)
                result = -EIO;
        }
    }
    ZSTD_freeCCtx(context);
    return result;
}

/* Gives the new file the owner and mode of the log before any data is in it, so that nobody who may
 * not read the log can open it. */
static int make_partial(const struct file_place *place, const char *name, const struct stat *log)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL;
    struct stat stat_of;
    mode_t mode = log->st_mode & 0777;
    int fd = file_place_open(place, name, flags, 0600, &stat_of, NULL);

    if (fd == -EEXIST && file_place_holds(place, name) && unlinkat(place->folder, name, 0) == 0)
        fd = file_place_open(place, name, flags, 0600, &stat_of, NULL); /* left by a kill */
    if (fd < 0)
        return fd;
    if ((stat_of.st_uid != log->st_uid || stat_of.st_gid != log->st_gid) &&
        fchown(fd, log->st_uid, log->st_gid) < 0)
        mode &= 0700; /* the log's owner or group could not be set */
    if (fchmod(fd, mode) < 0) {
        int code = -errno;

        close(fd);
        return code;
    }
    return fd;
}

/* Takes over fd; a negative fd is an -errno and is returned. */
static int open_stream(int fd, const char *mode, FILE **ret)
{
    FILE *stream = fd < 0 ? NULL : fdopen(fd, mode);

    if (fd < 0)
        return fd;
    if (!stream) {
        close(fd);
        return -ENOMEM;
    }
    *ret = stream;
    return 0;
}

/* The compressed file is complete and on disk before the original is deleted. */
static int compress_to(const struct archive *archive, const struct file_place *place,
                       const char *name, const char *partial)
{
    _cleanup_(cleanup_fclose) FILE *in = NULL;
    FILE *out = NULL;
    struct stat log;
    int result;

    result =
        open_stream(file_place_open(place, name, O_RDONLY | O_NONBLOCK, 0, &log, NULL), "r", &in);
    if (result == 0)
        result = open_stream(make_partial(place, partial, &log), "w", &out);
    if (result < 0)
        return result;
    result = copy_compressed(archive, in, out);
    if (result == 0 && (fflush(out) != 0 || fsync(fileno(out)) != 0))
        result = -errno;
    if (fclose(out) != 0 && result == 0)
        result = -errno;
    if (result < 0)
        unlinkat(place->folder, partial, 0);
    return result;
}

static int compress_file(const struct archive *archive, const struct file_place *place,
                         const char *name)
{
    char partial[NAME_ROOM], to[NAME_ROOM];
    int result;

    snprintf(partial, sizeof(partial), "%s" PARTIAL, name);
    snprintf(to, sizeof(to), "%s" COMPRESSED, name);
    result = compress_to(archive, place, name, partial);
    if (result < 0)
        return result;
    if (renameat(place->folder, partial, place->folder, to) < 0) {
        result = -errno;
        unlinkat(place->folder, partial, 0);
        return result;
    }
    result = file_place_sync(place); /* else a power cut might take both */
    if (result == 0 && unlinkat(place->folder, name, 0) < 0)
        result = -errno;
    return result;
}

static void complain(struct archive *archive, const char *name, const char *what, int code)
{
    if (code == -EINTR)
        return; /* the daemon is stopping; the next one compresses it */
    counter_add(&archive->failed, 1);
    log_error("%s: cannot %s the rotated file %s: %s; the file is left unchanged", archive->path,
              what, name, strerror(-code));
}

static void delete_oldest(struct archive *archive, const struct file_place *place,
                          const struct rotated_list *listing)
{
    for (size_t i = 0; archive->keep > 0 && i + archive->keep < listing->count; i++) {
        if (unlinkat(place->folder, listing->files[i].name, 0) == 0)
            counter_add(&archive->deleted, 1);
        else
            complain(archive, listing->files[i].name, "delete", -errno);
    }
}

static void compress_rest(struct archive *archive, const struct file_place *place,
                          const struct rotated_list *listing)
{
    size_t first =
        archive->keep > 0 && listing->count > archive->keep ? listing->count - archive->keep : 0;

    for (size_t i = first; i < listing->count && !atomic_load(&archive->stop); i++) {
        int result;

        if (listing->files[i].compressed)
            continue;
        result = compress_file(archive, place, listing->files[i].name);
        if (result < 0)
            complain(archive, listing->files[i].name, "compress", result);
    }
}

static void work(struct archive *archive)
{
    struct rotated_list listing;
    struct file_place place;

    if (file_place_find(archive->path, &place, NULL) < 0)
        return;
    if (list_rotated(&place, &listing) == 0) {
        delete_oldest(archive, &place, &listing);
        if (archive->compress)
            compress_rest(archive, &place, &listing);
        free_listing(&listing);
    }
    file_place_release(&place);
}

static void *archive_main(void *data)
{
    struct archive *archive = data;

    do {
        while (atomic_exchange(&archive->again, false) && !atomic_load(&archive->stop))
            work(archive);
        atomic_store(&archive->busy, false);
        /* archive_rotated() may have been called between the last look and busy = false */
    } while (atomic_load(&archive->again) && !atomic_load(&archive->stop) &&
             !atomic_exchange(&archive->busy, true));
    return NULL;
}

void archive_rotated(struct archive *archive)
{
    if (!archive->compress && archive->keep == 0)
        return;
    atomic_store(&archive->again, true);
    if (atomic_exchange(&archive->busy, true))
        return;
    if (archive->started)
        pthread_join(archive->thread, NULL); /* the thread is about to return */
    archive->started = thread_start(&archive->thread, "archive", archive_main, archive) == 0;
    if (!archive->started) {
        atomic_store(&archive->busy, false);
        counter_add(&archive->failed, 1);
    }
}
