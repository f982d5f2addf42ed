// SPDX-License-Identifier: Apache-2.0

/* A path in maps is one of the process's own mount namespace, so it is followed from that process's
 * root and never leaves it. Whoever owns that namespace may put anything there meanwhile: what is
 * found must have the inode of the mapping and be a regular file before it is opened for reading.
 * The device is not compared, for some file systems show another one in maps than by stat(2).
 *
 * A program that was replaced while it runs can still be opened by /proc/PID/exe; a library cannot.
 */

#include "base/user_text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/elf_symbols.h"
#include "base/process_maps.h"
#include "base/process_opener.h"

static const int64_t ns_per_second = 1000000000;

struct process {
    uint32_t pid; /* 0: unused */
    int64_t read_at;
    uint64_t used;
    struct process_maps maps;
};

struct file {
    bool is_known;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    uint64_t used;
    uint32_t serial;             /* of what is in this place */
    struct elf_symbols *symbols; /* NULL: it has none that can be read */
};

struct user_text {
    struct process_opener *opener;
    uint64_t uses; /* counts up: what was used longest ago has the lowest number */
    uint32_t serials;
    struct process processes[USER_TEXT_PROCESSES_MAX];
    struct file files[USER_TEXT_FILES_MAX];
};

static void cleanup_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

struct user_text *user_text_new(struct process_opener *opener)
{
    struct user_text *text = calloc(1, sizeof(*text));

    if (text)
        text->opener = opener;
    return text;
}

void user_text_free(struct user_text *text)
{
    if (!text)
        return;
    for (uint32_t i = 0; i < USER_TEXT_PROCESSES_MAX; i++)
        process_maps_deinit(&text->processes[i].maps);
    for (uint32_t i = 0; i < USER_TEXT_FILES_MAX; i++)
        elf_symbols_free(text->files[i].symbols);
    free(text);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* The process's place, or else an unused one, or else that of the one not used for longest. */
static struct process *place_of(struct user_text *text, uint32_t pid)
{
    struct process *best = text->processes;

    for (uint32_t i = 0; i < USER_TEXT_PROCESSES_MAX; i++) {
        struct process *process = &text->processes[i];

        if (process->pid == pid)
            return process;
        if (process->used < best->used)
            best = process;
    }
    return best;
}

static void forget(struct process *process)
{
    process_maps_deinit(&process->maps);
    *process = (struct process){0};
}

static int read_maps(struct user_text *text, uint32_t pid, struct process_maps *ret)
{
    _cleanup_(cleanup_fd) int fd = process_opener_open(text->opener, pid, PROCESS_MAPS);
    int r = fd < 0 ? fd : process_maps_read(fd, ret);

    if (r == -ENOENT)
        return -ESRCH;
    if (r == -EPERM)
        return -EACCES;
    if (r == 0 && !ret->any) {
        process_maps_deinit(ret);
        return -ESRCH;
    }
    return r;
}

static int find_process(struct user_text *text, uint32_t pid, struct process **ret)
{
    struct process *process = place_of(text, pid);
    int64_t now = clock_monotonic();
    struct process_maps maps;
    int r;

    process->used = process->pid == pid ? ++text->uses : process->used;
    *ret = process;
    if (process->pid == pid && now - process->read_at < USER_TEXT_LOOK_AGAIN_S * ns_per_second)
        return 0;
    r = read_maps(text, pid, &maps);
    if (r < 0 && process->pid == pid)
        forget(process);
    if (r < 0)
        return r;
    forget(process);
    *process = (struct process){pid, now, ++text->uses, maps};
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A regular file of that inode, by O_PATH; or -1. */
static int check_inode(int fd, const struct process_mapping *mapping, struct stat *ret)
{
    if (fd >= 0 && fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && ret->st_ino == mapping->inode)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_path(struct user_text *text, uint32_t pid, const struct process_mapping *mapping,
                     struct stat *ret)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    _cleanup_(cleanup_fd) int root = process_opener_open(text->opener, pid, PROCESS_ROOT);

    if (root < 0)
        return -1;
    return check_inode((int)syscall(SYS_openat2, root, mapping->path, &how, sizeof(how)), mapping,
                       ret);
}

static int open_mapping(struct user_text *text, uint32_t pid, const struct process_mapping *mapping,
                        struct stat *ret)
{
    int fd = mapping->is_deleted ? -1 : open_path(text, pid, mapping, ret);

    if (fd >= 0)
        return fd;
    return check_inode(process_opener_open(text->opener, pid, PROCESS_EXE), mapping, ret);
}

static bool is_same(const struct file *file, const struct stat *info)
{
    return file->is_known && file->device == info->st_dev && file->inode == info->st_ino &&
           file->size == info->st_size && file->changed.tv_sec == info->st_mtim.tv_sec &&
           file->changed.tv_nsec == info->st_mtim.tv_nsec;
}

/* The one not used for longest, but for `kept`; NULL: there are no others. */
static struct file *oldest_file(struct user_text *text, const struct file *kept)
{
    struct file *best = NULL;

    for (uint32_t i = 0; i < USER_TEXT_FILES_MAX; i++) {
        struct file *file = &text->files[i];

        if (file != kept && file->symbols && (!best || file->used < best->used))
            best = file;
    }
    return best;
}

static void forget_file(struct file *file)
{
    elf_symbols_free(file->symbols);
    *file = (struct file){0};
}

static void make_room(struct user_text *text, const struct file *kept)
{
    size_t total = 0;

    for (uint32_t i = 0; i < USER_TEXT_FILES_MAX; i++)
        total += text->files[i].symbols ? elf_symbols_size(text->files[i].symbols) : 0;
    while (total > USER_TEXT_BYTES_MAX) {
        struct file *file = oldest_file(text, kept);

        if (!file)
            return;
        total -= elf_symbols_size(file->symbols);
        forget_file(file);
    }
}

static void read_file(struct user_text *text, struct file *file, int fd, const struct stat *info)
{
    _cleanup_(cleanup_fd) int readable = -1;
    char path[64];

    forget_file(file);
    *file = (struct file){.is_known = true,
                          .device = info->st_dev,
                          .inode = info->st_ino,
                          .size = info->st_size,
                          .changed = info->st_mtim,
                          .serial = ++text->serials};
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    readable = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (readable >= 0 && elf_symbols_read(readable, &file->symbols) < 0)
        file->symbols = NULL;
    make_room(text, file);
}

/* Finds the mapping's file, and reads it if it is new. */
static struct file *load_file(struct user_text *text, uint32_t pid, struct process_mapping *mapping)
{
    struct file *best = text->files;
    struct stat info;
    _cleanup_(cleanup_fd) int fd = open_mapping(text, pid, mapping, &info);

    if (fd < 0)
        return NULL;
    for (uint32_t i = 0; i < USER_TEXT_FILES_MAX && !is_same(best, &info); i++) {
        struct file *file = &text->files[i];

        if (is_same(file, &info) || file->used < best->used)
            best = file;
    }
    if (!is_same(best, &info))
        read_file(text, best, fd, &info);
    mapping->file = (int32_t)(best - text->files) + 1;
    mapping->serial = best->serial;
    return best;
}

/* mapping->file: 0: not looked for yet; -1: it cannot be opened; else its number and 1. */
static struct file *find_file(struct user_text *text, uint32_t pid, struct process_mapping *mapping)
{
    struct file *file = mapping->file > 0 ? &text->files[mapping->file - 1] : NULL;

    if (file && (!file->is_known || file->serial != mapping->serial))
        file = NULL;
    if (!file && mapping->file >= 0)
        file = load_file(text, pid, mapping);
    if (!file)
        mapping->file = -1;
    else
        file->used = ++text->uses;
    return file;
}

int user_text_find(struct user_text *text, uint32_t pid, uint64_t address, char *name,
                   uint32_t room)
{
    struct process_mapping *mapping;
    struct process *process;
    struct file *file;
    int r = find_process(text, pid, &process);

    if (r < 0)
        return r;
    mapping = process_maps_find(&process->maps, address);
    file = mapping ? find_file(text, pid, mapping) : NULL;
    if (!file || !file->symbols)
        return -ENOENT;
    return elf_symbols_find(file->symbols, address - mapping->start + mapping->offset,
                            strrchr(mapping->path, '/') + 1, name, room);
}
