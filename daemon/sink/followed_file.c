// SPDX-License-Identifier: Apache-2.0
#include "sink/followed_file.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_MS   INT64_C(1000000)
#define LEAVE_AFTER (1000 * NS_PER_MS)

enum { CUT_TRIES = 100 };

const char *followed_state_text(enum followed_state state)
{
    static const char *const texts[] = {
        [FOLLOWED_MOVED] = "moved",
        [FOLLOWED_DELETED] = "deleted",
        [FOLLOWED_REPLACED] = "replaced by another file",
    };

    return texts[state];
}

void followed_file_init(struct followed_file *file, int fd, const struct stat *stat)
{
    *file = (struct followed_file){
        .fd = fd,
        .regular = S_ISREG(stat->st_mode),
        .device = stat->st_dev,
        .inode = stat->st_ino,
        .looked_at = clock_monotonic(),
    };
}

enum followed_state followed_file_look(struct followed_file *file, const char *path,
                                       struct stat *ret_stat)
{
    struct stat ours;

    file->looked_at = clock_monotonic();
    if (stat(path, ret_stat) == 0) {
        if (ret_stat->st_dev != file->device || ret_stat->st_ino != file->inode)
            return FOLLOWED_REPLACED;
        file->moved_at = 0;
        return FOLLOWED_HERE;
    }
    ret_stat->st_nlink = 0;
    if ((errno != ENOENT && errno != ENOTDIR) || fstat(file->fd, &ours) < 0)
        return FOLLOWED_HERE;
    if (ours.st_nlink == 0)
        return FOLLOWED_DELETED;
    if (file->moved_at == 0)
        file->moved_at = file->looked_at;
    return file->looked_at - file->moved_at >= LEAVE_AFTER ? FOLLOWED_MOVED : FOLLOWED_HERE;
}

bool followed_file_is_due(const struct followed_file *file, int64_t every)
{
    return file->fd >= 0 && file->regular && clock_monotonic() - file->looked_at >= every;
}

int followed_file_due_in(const struct followed_file *file, int64_t every)
{
    int64_t left = file->looked_at + every - clock_monotonic();

    if (file->fd < 0 || !file->regular)
        return -1;
    return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

/* Tries again after a signal: bytes that stay would make their events appear twice. */
bool followed_file_cut(const struct followed_file *file, size_t bytes)
{
    struct stat stat;
    int result = -1;

    if (!file->regular || fstat(file->fd, &stat) < 0 || stat.st_size < (off_t)bytes)
        return false;
    for (int i = 0; i < CUT_TRIES && result < 0; i++) {
        result = ftruncate(file->fd, stat.st_size - (off_t)bytes);
        if (result < 0 && errno != EINTR)
            break;
    }
    return result == 0;
}
