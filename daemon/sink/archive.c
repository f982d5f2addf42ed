// SPDX-License-Identifier: Apache-2.0

/* The folder itself is the list of what is to be done: a file that is rotated and not compressed is
 * found by its name, also after a crash. So nothing is handed to the thread but the word that there
 * may be more, and a half-written .zst is never mistaken for a whole one: it is renamed last. */

#include "sink/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#define COMPRESSED ".zst"
#define PARTIAL    ".zst.partial"

enum {
    STAMP_LENGTH = 27, /* -20261123T014502.123456789Z */
    ZSTD_LEVEL = 3,
};

int archive_init(struct archive *archive, const char *path, bool compress, uint32_t keep)
{
    const char *slash = strrchr(path, '/');

    memset(archive, 0, sizeof(*archive));
    archive->folder = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    archive->name = strdup(slash + 1);
    archive->compress = compress;
    archive->keep = keep;
    return archive->folder && archive->name ? 0 : -ENOMEM;
}

void archive_deinit(struct archive *archive)
{
    atomic_store(&archive->stop, true);
    if (archive->started)
        pthread_join(archive->thread, NULL);
    free(archive->folder);
    free(archive->name);
    memset(archive, 0, sizeof(*archive));
}

/* RFC 3339's basic form, which needs no colons. */
static void put_stamp(int64_t wall_ns, char out[STAMP_LENGTH + 1])
{
    char time[CLOCK_RFC3339_LENGTH + 1];

    clock_format_rfc3339(wall_ns, time);
    snprintf(out, STAMP_LENGTH + 1, "-%.4s%.2s%.2sT%.2s%.2s%.13s", time, time + 5, time + 8,
             time + 11, time + 14, time + 17);
}

int archive_move(const struct archive *archive, int64_t wall_ns)
{
    char from[PATH_MAX], to[PATH_MAX], stamp[STAMP_LENGTH + 1];

    put_stamp(wall_ns, stamp);
    if (snprintf(from, sizeof(from), "%s/%s", archive->folder, archive->name) >= PATH_MAX ||
        snprintf(to, sizeof(to), "%s/%s%s", archive->folder, archive->name, stamp) >= PATH_MAX)
        return -ENAMETOOLONG;
    return rename(from, to) < 0 ? -errno : 0;
}

/* ---- the thread ------------------------------------------------------------------------------ */

struct listing {
    char **names; /* rotated files, oldest first */
    size_t count;
};

static void free_listing(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->names[i]);
    free(listing->names);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), wanted = strlen(suffix);

    return length >= wanted && strcmp(name + length - wanted, suffix) == 0;
}

/* Our own names only: whatever else lies there is somebody else's. */
static bool is_rotated(const struct archive *archive, const char *name)
{
    static const char shape[] = "-dddddddd"
                                "Tdddddd.dddddddddZ";
    size_t length = strlen(archive->name);

    if (strncmp(name, archive->name, length) != 0 || strlen(name) < length + STAMP_LENGTH)
        return false;
    for (size_t i = 0; i < STAMP_LENGTH; i++) {
        char found = name[length + i];

        if (shape[i] == 'd' ? found < '0' || found > '9' : found != shape[i])
            return false;
    }
    name += length + STAMP_LENGTH;
    return *name == '\0' || strcmp(name, COMPRESSED) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_rotated(const struct archive *archive, struct listing *ret_listing)
{
    struct listing listing = {0};
    DIR *folder = opendir(archive->folder);

    if (!folder)
        return -errno;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char **names;

        if (!is_rotated(archive, entry->d_name))
            continue;
        names = reallocarray(listing.names, listing.count + 1, sizeof(*names));
        if (!names)
            break;
        listing.names = names;
        listing.names[listing.count] = strdup(entry->d_name);
        if (!listing.names[listing.count])
            break;
        listing.count++;
    }
    closedir(folder);
    qsort(listing.names, listing.count, sizeof(*listing.names), compare_names);
    *ret_listing = listing;
    return 0;
}

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

/* Whole and on disk before the original goes. */
static int compress_to(const struct archive *archive, const char *from, const char *partial)
{
    FILE *in = fopen(from, "re");
    FILE *out = in ? fopen(partial, "we") : NULL;
    int result = out ? 0 : -errno;
    struct stat stat;

    if (result == 0 && fstat(fileno(in), &stat) == 0)
        fchmod(fileno(out), stat.st_mode & 0777);
    if (result == 0)
        result = copy_compressed(archive, in, out);
    if (result == 0 && (fflush(out) != 0 || fsync(fileno(out)) != 0))
        result = -errno;
    if (in)
        fclose(in);
    if (out && fclose(out) != 0 && result == 0)
        result = -errno;
    return result;
}

static int compress_file(const struct archive *archive, const char *name)
{
    char from[PATH_MAX], partial[PATH_MAX], to[PATH_MAX];
    int result;

    if (snprintf(from, sizeof(from), "%s/%s", archive->folder, name) >= PATH_MAX ||
        snprintf(partial, sizeof(partial), "%s/%s" PARTIAL, archive->folder, name) >= PATH_MAX ||
        snprintf(to, sizeof(to), "%s/%s" COMPRESSED, archive->folder, name) >= PATH_MAX)
        return -ENAMETOOLONG;
    result = compress_to(archive, from, partial);
    if (result == 0 && (rename(partial, to) < 0 || unlink(from) < 0))
        result = -errno;
    if (result < 0)
        unlink(partial);
    return result;
}

static void complain(struct archive *archive, const char *name, const char *what, int code)
{
    if (code == -EINTR)
        return; /* the daemon ends; the next one goes on */
    counter_add(&archive->failed, 1);
    log_error("%s/%s: cannot %s it: %s; it stays as it is", archive->folder, name, what,
              strerror(-code));
}

static void delete_oldest(struct archive *archive, const struct listing *listing)
{
    for (size_t i = 0; archive->keep > 0 && i + archive->keep < listing->count; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", archive->folder, listing->names[i]);
        if (unlink(path) == 0)
            counter_add(&archive->deleted, 1);
        else
            complain(archive, listing->names[i], "delete", -errno);
    }
}

static void compress_rest(struct archive *archive, const struct listing *listing)
{
    size_t first =
        archive->keep > 0 && listing->count > archive->keep ? listing->count - archive->keep : 0;

    for (size_t i = first; i < listing->count && !atomic_load(&archive->stop); i++) {
        int result;

        if (ends_with(listing->names[i], COMPRESSED))
            continue;
        result = compress_file(archive, listing->names[i]);
        if (result < 0)
            complain(archive, listing->names[i], "compress", result);
    }
}

static void *archive_main(void *data)
{
    struct archive *archive = data;

    do {
        while (atomic_exchange(&archive->again, false) && !atomic_load(&archive->stop)) {
            struct listing listing;

            if (list_rotated(archive, &listing) < 0)
                break;
            delete_oldest(archive, &listing);
            if (archive->compress)
                compress_rest(archive, &listing);
            free_listing(&listing);
        }
        atomic_store(&archive->busy, false);
        /* a word that came between the last look and the flag */
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
        pthread_join(archive->thread, NULL); /* it is at its end */
    archive->started = thread_start(&archive->thread, "archive", archive_main, archive) == 0;
    if (!archive->started) {
        atomic_store(&archive->busy, false);
        counter_add(&archive->failed, 1);
    }
}
