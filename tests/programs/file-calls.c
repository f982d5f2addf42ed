// SPDX-License-Identifier: Apache-2.0

/*     file-calls loop CALL COUNT    makes that call so often, in the working directory: ns per call
 *     file-calls compat             the calls of a 32-bit program, once each
 *     file-calls uring              the requests of io_uring, once each
 *
 * compat and uring print each call and what it returned. They expect the files that
 * tests/live/files.py makes. CALL: nothing (getppid), delete, rename, link, chmod, fchmod, chown,
 * mount, write (one call on an open file), file (a file that is opened, written and closed). */

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- loops ----------------------------------------------------------------------------------- */

static int nothing(long i, int fd)
{
    (void)i;
    (void)fd;
    return syscall(SYS_getppid) < 0;
}

static int delete (long i, int fd)
{
    (void)i;
    (void)fd;
    return mknod("made", S_IFREG | 0600, 0) || unlink("made");
}

static int rename_(long i, int fd)
{
    (void)fd;
    return i % 2 == 0 ? rename("file", "other") : rename("other", "file");
}

static int link_(long i, int fd)
{
    (void)i;
    (void)fd;
    return link("file", "made") || unlink("made");
}

static int chmod_(long i, int fd)
{
    (void)fd;
    return chmod("file", 0600 | (i & 1));
}

static int fchmod_(long i, int fd)
{
    return fchmod(fd, 0600 | (i & 1));
}

static int chown_(long i, int fd)
{
    (void)i;
    (void)fd;
    return chown("file", 0, 0);
}

static int mount_(long i, int fd)
{
    (void)i;
    (void)fd;
    return mount("folder", "folder", NULL, MS_BIND, NULL) || umount2("folder", MNT_DETACH);
}

static int write_(long i, int fd)
{
    (void)i;
    return pwrite(fd, "x", 1, 0) != 1;
}

static int file(long i, int fd)
{
    int own = open("file", O_WRONLY);

    (void)i;
    (void)fd;
    return own < 0 || write(own, "x", 1) != 1 || close(own);
}

static const struct {
    const char *name;
    int (*call)(long i, int fd);
} loops[] = {
    {"nothing", nothing}, {"delete", delete},  {"rename", rename_}, {"link", link_},
    {"chmod", chmod_},    {"fchmod", fchmod_}, {"chown", chown_},   {"mount", mount_},
    {"write", write_},    {"file", file},
};

static int run_loop(int (*call)(long, int), long count)
{
    struct timespec start, end;
    int fd = open("file", O_RDWR | O_CREAT, 0600);

    mkdir("folder", 0700);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < count; i++)
        if (call(i, fd))
            return perror("file-calls"), 1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n",
           ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
               (double)count);
    return 0;
}

/* ---- calls of 32 bits ------------------------------------------------------------------------ */

#ifdef __x86_64__
static char *low; /* texts in memory that 32 bits can address */

static int text(const char *from)
{
    char *to = low;

    strcpy(to, from);
    low += strlen(from) + 1;
    return (int)(intptr_t)to;
}

static int compat(const char *name, int number, int a, int b, int c, int d, int e)
{
    int result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory", "r8", "r9", "r10", "r11");
    printf("%s %d\n", name, result);
    return result;
}

static int run_compat(void)
{
    int folder = open("folder", O_RDONLY), fd;

    low = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        return 1;
    compat("link", 9, text("file"), text("hard"), 0, 0, 0);
    compat("linkat", 303, AT_FDCWD, text("file"), folder, text("hard"), 0);
    compat("symlinkat", 304, text("file"), folder, text("soft"), 0, 0);
    compat("rename", 38, text("hard"), text("harder"), 0, 0, 0);
    compat("renameat2", 353, folder, text("soft"), folder, text("softer"), 1);
    compat("chmod", 15, text("harder"), 0640, 0, 0, 0);
    fd = open("file", O_RDWR);
    compat("fchmod", 94, fd, 0600, 0, 0, 0);
    compat("fchown32", 207, fd, 1, 2, 0, 0);
    compat("write", 4, fd, text("hello"), 5, 0, 0);
    compat("close", 6, fd, 0, 0, 0, 0);
    compat("unlink", 10, text("harder"), 0, 0, 0, 0);
    compat("unlinkat", 301, folder, text("softer"), 0, 0, 0);
    compat("rmdir", 40, text("missing"), 0, 0, 0, 0);
    return 0;
}
#else
static int run_compat(void)
{
    return 77;
}
#endif

/* ---- io_uring -------------------------------------------------------------------------------- */

static struct ring {
    int fd;
    char *rings;
    struct io_uring_sqe *entries;
    struct io_uring_params params;
} ring;

static int open_ring(void)
{
    ring.fd = (int)syscall(SYS_io_uring_setup, 4, &ring.params);
    if (ring.fd < 0)
        return -1;
    ring.rings = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
    ring.entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
    return ring.rings == MAP_FAILED || ring.entries == MAP_FAILED ? -1 : 0;
}

static uint32_t *word(uint32_t offset)
{
    return (uint32_t *)(ring.rings + offset);
}

/* One request, and what it returned. */
static int request(const char *name, struct io_uring_sqe entry)
{
    uint32_t tail = *word(ring.params.sq_off.tail), head = *word(ring.params.cq_off.head);
    uint32_t at = tail & *word(ring.params.sq_off.ring_mask);
    struct io_uring_cqe *result = (struct io_uring_cqe *)(ring.rings + ring.params.cq_off.cqes) +
                                  (head & *word(ring.params.cq_off.ring_mask));

    ring.entries[at] = entry;
    word(ring.params.sq_off.array)[at] = at;
    __atomic_store_n(word(ring.params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -errno;
    printf("%s %d\n", name, result->res);
    __atomic_store_n(word(ring.params.cq_off.head), head + 1, __ATOMIC_RELEASE);
    return result->res;
}

#define REQUEST(name, operation, ...) \
    request(name, (struct io_uring_sqe){.opcode = IORING_OP_##operation, __VA_ARGS__})
#define TEXT(text) (uint64_t)(uintptr_t)(text)

static int run_uring(void)
{
    int folder = open("folder", O_RDONLY), fd;

    if (open_ring() < 0)
        return 77;
    REQUEST("linkat", LINKAT, .fd = AT_FDCWD, .addr = TEXT("file"), .len = (uint32_t)folder,
            .addr2 = TEXT("hard"));
    REQUEST("symlinkat", SYMLINKAT, .fd = folder, .addr = TEXT("file"), .addr2 = TEXT("soft"));
    REQUEST("renameat", RENAMEAT, .fd = folder, .addr = TEXT("soft"), .len = (uint32_t)AT_FDCWD,
            .addr2 = TEXT("softer"), .rename_flags = 1);
    REQUEST("unlinkat", UNLINKAT, .fd = AT_FDCWD, .addr = TEXT("softer"));
    REQUEST("unlinkat", UNLINKAT, .fd = AT_FDCWD, .addr = TEXT("missing"),
            .unlink_flags = AT_REMOVEDIR);
    fd = open("file", O_RDWR);
    REQUEST("write", WRITE, .fd = fd, .addr = TEXT("hello"), .len = 5);
    REQUEST("close", CLOSE, .fd = fd);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "compat") == 0)
        return run_compat();
    if (argc > 1 && strcmp(argv[1], "uring") == 0)
        return run_uring();
    for (size_t i = 0; argc > 3 && i < sizeof(loops) / sizeof(*loops); i++)
        if (strcmp(argv[2], loops[i].name) == 0)
            return run_loop(loops[i].call, atol(argv[3]));
    return 2;
}
