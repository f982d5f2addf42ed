// SPDX-License-Identifier: Apache-2.0

/* One slot: the caller fills it and posts `asked`, the thread answers in it and posts `answered`.
 */

#include "base/process_opener.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/capabilities.h"
#include "base/thread.h"

static const uint64_t stop_limit_ns = 1000000000;

struct process_opener {
    pthread_t thread;
    sem_t asked, answered;
    atomic_bool stop;
    /* the caller's until it has posted `asked`, the thread's until that has posted `answered` */
    uint32_t pid;
    enum process_file file;
    int fd; /* or -errno */
};

static int open_file(uint32_t pid, enum process_file file)
{
    static const char *const names[] = {
        [PROCESS_MAPS] = "maps", [PROCESS_ROOT] = "root", [PROCESS_EXE] = "exe"};
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%u/%s", pid, names[file]);
    fd = open(path, file == PROCESS_MAPS ? O_RDONLY | O_CLOEXEC : O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        ;
}

static void *opener_main(void *data)
{
    struct process_opener *opener = data;

    if (capabilities_keep_ptrace() < 0)
        capabilities_drop();
    for (;;) {
        wait_for(&opener->asked);
        if (atomic_load(&opener->stop))
            return NULL;
        opener->fd = open_file(opener->pid, opener->file);
        sem_post(&opener->answered);
    }
}

static void opener_free(struct process_opener *opener)
{
    sem_destroy(&opener->asked);
    sem_destroy(&opener->answered);
    free(opener);
}

int process_opener_start(struct process_opener **ret)
{
    struct process_opener *opener = calloc(1, sizeof(*opener));
    int r;

    if (!opener)
        return -ENOMEM;
    sem_init(&opener->asked, 0, 0);
    sem_init(&opener->answered, 0, 0);
    r = thread_start(&opener->thread, "processes", opener_main, opener);
    if (r < 0)
        opener_free(opener);
    else
        *ret = opener;
    return r;
}

int process_opener_open(struct process_opener *opener, uint32_t pid, enum process_file file)
{
    opener->pid = pid;
    opener->file = file;
    sem_post(&opener->asked);
    wait_for(&opener->answered);
    return opener->fd;
}

void process_opener_stop(struct process_opener *opener)
{
    if (!opener)
        return;
    atomic_store(&opener->stop, true);
    sem_post(&opener->asked);
    if (thread_join(opener->thread, stop_limit_ns))
        opener_free(opener);
    else
        pthread_detach(opener->thread);
}
