// SPDX-License-Identifier: Apache-2.0

/* The file is mapped whole and never copied: the ring reader walks it in place. */

#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/format.h"
#include "ring/layout.h"

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    for (uint32_t i = 0; i < capture->n_types; i++)
        schema_free(capture->types[i].schema);
    if (capture->bytes)
        munmap((void *)capture->bytes, capture->mapped);
    free(capture->types);
    free(capture->walls);
    free(capture->gaps);
    free(capture->marks);
    free(capture->namings);
    free(capture);
}

static int map_file(struct capture *capture, int fd, const char *path, struct error *error)
{
    struct stat stat;
    void *bytes;

    if (fstat(fd, &stat) < 0)
        return error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return error_set(error, -EINVAL, "%s is not a capture: not a regular file", path);
    if (stat.st_size < (off_t)sizeof(struct capture_header))
        return error_set(error, -EBADMSG, "%s is not a capture: it has only %lld bytes", path,
                         (long long)stat.st_size);
    bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return error_set(error, -errno, "cannot map %s: %s", path, strerror(errno));
    madvise(bytes, (size_t)stat.st_size, MADV_SEQUENTIAL);
    capture->bytes = bytes;
    capture->mapped = (size_t)stat.st_size;
    return 0;
}

static int check_header(struct capture *capture, const char *path, struct error *error)
{
    const struct capture_header *header = (const struct capture_header *)capture->bytes;

    if (memcmp(header->magic, CAPTURE_MAGIC, CAPTURE_MAGIC_SIZE) != 0)
        return error_set(error, -EBADMSG,
                         "%s is not a capture: it does not begin with the capture signature", path);
    if (header->order == __builtin_bswap32(CAPTURE_ORDER))
        return error_set(
            error, -ENOTSUP,
            "%s was written on a machine with another byte order; replay it on such a machine",
            path);
    if (header->order != CAPTURE_ORDER || header->size < sizeof(*header) ||
        header->size % LAYOUT_HEADER != 0 || header->size > capture->mapped)
        return error_set(error, -EBADMSG, "%s is damaged at byte 8: invalid header", path);
    if (header->version != CAPTURE_VERSION)
        return error_set(error, -ENOTSUP,
                         "%s is a capture of version %u; this program reads version %d", path,
                         header->version, CAPTURE_VERSION);
    capture->begin = header->size;
    return 0;
}

int capture_open(const char *path, struct error *error, struct capture **ret_capture)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    return capture_open_fd(fd, path, error, ret_capture);
}

int capture_open_fd(int fd, const char *path, struct error *error, struct capture **ret_capture)
{
    _cleanup_(cleanup_capture_free) struct capture *capture = calloc(1, sizeof(*capture));
    int result;

    if (!capture)
        return error_set(error, -ENOMEM, "out of memory");
    result = map_file(capture, fd, path, error);
    if (result == 0)
        result = check_header(capture, path, error);
    if (result < 0)
        return result;
    if (capture_scan(capture, path) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    *ret_capture = TAKE_PTR(capture);
    return 0;
}

/* What is said of the records after the cut goes, too. */
static void cut_notes(struct capture *capture)
{
    while (capture->n_walls && capture->walls[capture->n_walls - 1].position >= capture->end)
        capture->n_walls--;
    while (capture->n_gaps && capture->gaps[capture->n_gaps - 1].position >= capture->end)
        capture->n_gaps--;
    while (capture->n_namings && capture->namings[capture->n_namings - 1].position >= capture->end)
        capture->n_namings--;
    while (capture->n_marks > 1 && capture->marks[capture->n_marks - 2] >= capture->end)
        capture->n_marks--;
    capture->marks[capture->n_marks - 1] = capture->end;
}

void capture_cut(struct capture *capture, uint64_t records)
{
    uint64_t position = capture->begin, seen = 0;

    if (records >= capture->records)
        return;
    while (seen < records) {
        uint32_t header;

        memcpy(&header, capture->bytes + position, sizeof(header));
        position += layout_span(header & LAYOUT_LENGTH);
        seen += !(header & LAYOUT_DISCARD);
    }
    capture->end = position;
    capture->records = records;
    capture->damaged = capture->unfinished = false;
    cut_notes(capture);
}

bool capture_lost_unknown(const struct capture *capture)
{
    for (uint32_t i = 0; i < capture->n_types; i++)
        if (capture->types[i].lost_unknown)
            return true;
    return false;
}

const struct capture_type *capture_find_type(const struct capture *capture, uint32_t tag)
{
    uint32_t low = 0, high = capture->n_types;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (capture->types[middle].tag == tag)
            return &capture->types[middle];
        if (capture->types[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool capture_next_clock(const struct capture *capture, uint64_t *position, int64_t *ret_monotonic,
                        uint64_t *ret_at)
{
    while (*position < capture->end) {
        uint64_t at = *position;
        uint32_t header[2];

        memcpy(header, capture->bytes + at, sizeof(header));
        *position = at + layout_span(header[0] & LAYOUT_LENGTH);
        if (*position > capture->end)
            return false; /* somebody has changed the file */
        if (header[0] & LAYOUT_DISCARD && header[1] == CAPTURE_CLOCK &&
            (header[0] & LAYOUT_LENGTH) >= sizeof(struct capture_clock)) {
            memcpy(ret_monotonic, capture->bytes + at + LAYOUT_HEADER, sizeof(*ret_monotonic));
            *ret_at = at;
            return true;
        }
    }
    *position = capture->end;
    return false;
}
