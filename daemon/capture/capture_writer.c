// SPDX-License-Identifier: Apache-2.0

/* All or nothing: a piece goes out in one call, and where that ends half-way (the disk is full),
 * the file is cut back to where it was. So what a live writer leaves is always a run of whole
 * pieces, and only a crash of the machine or a kill in the middle of a write leaves less.
 *
 * Going on with a file that is there costs a look through it. It was tried to refuse instead: then
 * a daemon that is restarted would not start. And to replace it: then the restart after a crash
 * would take away what led to the crash. */

#include "capture/capture_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/file_place.h"
#include "capture/capture.h"
#include "capture/format.h"
#include "capture/frame.h"

struct capture_writer {
    int fd;
    uint64_t begin;        /* of this writer's section */
    _Atomic uint64_t size; /* of the file */
    bool ragged;           /* after size there is what could not be cut off */
    uint64_t unchecked;    /* bytes at its end without a checksum */
    XXH3_state_t *hash;    /* of those */
    XXH3_state_t *ahead;   /* scratch: of those and what is being written */
};

/* Whole lines; the zeroes are named, for what is not would be whatever is on the stack. */
struct section_record {
    struct frame frame;
    struct capture_section section;
    uint8_t zeroes[FRAME_ROOM - sizeof(struct capture_section)];
};

struct first_bytes {
    struct capture_header header;
    struct section_record record;
};

struct check_record {
    struct frame frame;
    struct capture_check check;
    uint8_t zeroes[FRAME_ROOM - sizeof(struct capture_check)];
};

struct end_record {
    struct frame frame;
    struct capture_end end;
    uint8_t zeroes[FRAME_ROOM - sizeof(struct capture_end)];
};

/* ---- pieces ---------------------------------------------------------------------------------- */

static int write_all(int fd, struct iovec *pieces, int count, uint64_t position)
{
    while (count > 0) {
        ssize_t written = pwritev(fd, pieces, count, (off_t)position);

        if (written < 0)
            return -errno;
        if (written == 0)
            return -EIO;
        position += (uint64_t)written;
        while (count > 0 && (size_t)written >= pieces->iov_len) {
            written -= (ssize_t)pieces->iov_len;
            pieces++;
            count--;
        }
        if (count > 0) {
            pieces->iov_base = (char *)pieces->iov_base + written;
            pieces->iov_len -= (size_t)written;
        }
    }
    return 0;
}

static struct check_record make_check(uint64_t covered, uint64_t hash)
{
    return (struct check_record){
        .frame = frame_control(CAPTURE_CHECK, frame_padded(sizeof(struct capture_check))),
        .check = {.covered = covered, .hash = hash},
    };
}

static void start_hash(struct capture_writer *writer)
{
    XXH3_64bits_reset(writer->hash);
    writer->unchecked = 0;
}

/* The hash runs on only when the bytes are in the file; for a checksum that goes out with them, a
 * copy of it runs ahead. */
static struct check_record check_with(const struct capture_writer *writer, const void *bytes,
                                      size_t size)
{
    XXH3_copyState(writer->ahead, writer->hash);
    XXH3_64bits_update(writer->ahead, bytes, size);
    return make_check(writer->unchecked + size, XXH3_64bits_digest(writer->ahead));
}

/* Else what is left of a longer piece would follow a shorter one. */
static int cut_back(struct capture_writer *writer)
{
    if (writer->ragged && ftruncate(writer->fd, (off_t)writer->size) < 0)
        return -errno;
    writer->ragged = false;
    return 0;
}

static int put(struct capture_writer *writer, const void *bytes, size_t size, bool with_check)
{
    uint64_t position = atomic_load_explicit(&writer->size, memory_order_relaxed);
    struct iovec pieces[2] = {{(void *)bytes, size}};
    struct check_record check;
    int result = cut_back(writer);

    if (result < 0)
        return result;
    if (with_check) {
        check = check_with(writer, bytes, size);
        pieces[1] = (struct iovec){&check, sizeof(check)};
    }
    result = write_all(writer->fd, pieces, with_check ? 2 : 1, position);
    if (result < 0) {
        writer->ragged = true;
        cut_back(writer); /* or before the next piece */
        return result;
    }
    position += size + (with_check ? sizeof(check) : 0);
    atomic_store_explicit(&writer->size, position, memory_order_relaxed);
    if (with_check) {
        start_hash(writer);
    } else {
        XXH3_64bits_update(writer->hash, bytes, size);
        writer->unchecked += size;
    }
    return 0;
}

int capture_writer_put(struct capture_writer *writer, const void *bytes, size_t size)
{
    return put(writer, bytes, size, writer->unchecked + size >= CAPTURE_CHECK_BYTES);
}

int capture_writer_fd(const struct capture_writer *writer)
{
    return writer->fd;
}

uint64_t capture_writer_size(const struct capture_writer *writer)
{
    return atomic_load_explicit(&writer->size, memory_order_relaxed);
}

/* ---- begin and end --------------------------------------------------------------------------- */

/* "1b4e28ba-2fa1-..." as 16 bytes; zeroes when the kernel does not say. */
static void read_boot_id(uint8_t id[CAPTURE_BOOT_SIZE])
{
    _cleanup_(cleanup_close) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    char text[40] = "";
    int n = 0;

    memset(id, 0, CAPTURE_BOOT_SIZE);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        return;
    for (const char *at = text; *at && n < 2 * CAPTURE_BOOT_SIZE; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at - 'a' + 10;

        if (digit >= 0 && digit < 16) {
            id[n / 2] = (uint8_t)(id[n / 2] << 4 | digit);
            n++;
        }
    }
}

static int begin_section(struct capture_writer *writer)
{
    struct first_bytes first = {
        .header = {.order = CAPTURE_ORDER,
                   .version = CAPTURE_VERSION,
                   .size = sizeof(struct capture_header)},
        .record.frame =
            frame_control(CAPTURE_SECTION, frame_padded(sizeof(struct capture_section))),
        .record.section.clock.monotonic = clock_monotonic(),
    };
    struct wall_offset wall;

    memcpy(first.header.magic, CAPTURE_MAGIC, CAPTURE_MAGIC_SIZE);
    read_boot_id(first.record.section.boot_id);
    wall_offset_refresh(&wall);
    first.record.section.clock.wall = wall.offset;
    first.record.section.clock.slept = wall.slept;
    if (writer->size == 0) {
        writer->begin = sizeof(first.header);
        return put(writer, &first, sizeof(first), true);
    }
    writer->begin = writer->size;
    return put(writer, &first.record, sizeof(first.record), true);
}

/* Whole records that were written without a checksum get one. */
static int seal(struct capture_writer *writer, const struct capture *capture, const char *path,
                struct error *error)
{
    uint64_t size = capture->end - capture->checked;
    struct check_record check =
        make_check(size, XXH3_64bits(capture->bytes + capture->checked, size));
    struct iovec piece = {&check, sizeof(check)};
    int result = write_all(writer->fd, &piece, 1, capture->end);

    if (result < 0)
        return error_set(error, result, "cannot write to %s: %s", path, strerror(-result));
    writer->size = capture->end + sizeof(check);
    return 0;
}

/* Cuts off what a killed writer left unfinished. What is damaged further ahead is left as it is:
 * whoever wants the file should look at it first. */
static int find_end(struct capture_writer *writer, const char *path, struct error *error,
                    uint64_t *ret_cut)
{
    _cleanup_(cleanup_capture_free) struct capture *capture = NULL;
    int result = capture_open_fd(writer->fd, path, error, &capture);

    if (result < 0)
        return result;
    if (capture->damaged && !capture->unfinished) {
        *error = capture->damage;
        return -EBADMSG;
    }
    if (ftruncate(writer->fd, (off_t)capture->end) < 0)
        return error_set(error, -errno, "cannot truncate %s: %s", path, strerror(errno));
    *ret_cut = capture->mapped - capture->end;
    if (capture->end > capture->checked)
        return seal(writer, capture, path, error);
    writer->size = capture->end;
    return 0;
}

static int open_file(struct capture_writer *writer, const char *path, struct error *error,
                     struct stat *ret_stat)
{
    int flags = O_RDWR | O_CREAT | O_NONBLOCK;
    struct error why = {0};
    struct file_place place;
    int result = file_place_find(path, &place, &why);

    if (result == 0) {
        result = file_place_open(&place, place.name, flags, 0640, ret_stat, &why);
        file_place_release(&place);
    }
    if (result < 0)
        return error_set(error, result, "cannot open %s for writing: %s", path,
                         why.text[0] ? why.text : strerror(-result));
    writer->fd = result;
    if (!S_ISREG(ret_stat->st_mode))
        return error_set(error, -EINVAL, "%s is not a regular file; a capture must be one", path);
    if (flock(writer->fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(error, -EBUSY, "%s: another process is writing to this capture", path);
    return 0;
}

static void release(struct capture_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    XXH3_freeState(writer->hash);
    XXH3_freeState(writer->ahead);
    free(writer);
}

static int begin(struct capture_writer *writer, const char *path, struct error *error,
                 uint64_t *ret_cut)
{
    struct stat stat;
    int result;

    writer->hash = XXH3_createState();
    writer->ahead = XXH3_createState();
    if (!writer->hash || !writer->ahead)
        return error_set(error, -ENOMEM, "out of memory");
    result = open_file(writer, path, error, &stat);
    if (result == 0 && stat.st_size > 0)
        result = find_end(writer, path, error, ret_cut);
    if (result < 0)
        return result;
    start_hash(writer);
    result = begin_section(writer);
    return result < 0 ? error_set(error, result, "cannot write to %s: %s", path, strerror(-result))
                      : 0;
}

int capture_writer_new(const char *path, struct error *error, uint64_t *ret_cut,
                       struct capture_writer **ret_writer)
{
    struct capture_writer *writer = calloc(1, sizeof(*writer));
    uint64_t cut = 0;
    int result;

    if (!writer)
        return error_set(error, -ENOMEM, "out of memory");
    writer->fd = -1;
    result = begin(writer, path, error, &cut);
    if (result < 0) {
        release(writer);
        return result;
    }
    *ret_cut = cut;
    *ret_writer = writer;
    return 0;
}

void capture_writer_free(struct capture_writer *writer)
{
    struct end_record end = {.frame = frame_control(CAPTURE_END, frame_padded(sizeof(end.end)))};

    if (!writer)
        return;
    end.end.begin = writer->begin;
    put(writer, &end, sizeof(end), true); /* else it reads as unfinished, which it is */
    release(writer);
}
