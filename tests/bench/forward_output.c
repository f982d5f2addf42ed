// SPDX-License-Identifier: Apache-2.0
#include "bench/forward.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, TIME_BYTES = 40 }; /* of {"time":"...", at a line's beginning */

struct tally {
    atomic_uint_fast64_t bytes;
    atomic_uint_fast64_t ended; /* connections */
};

static struct tally *tally;
static uint64_t opened, seen_bytes;

static void read_all(int listener)
{
    static char buffer[READ_BYTES];

    for (;;) {
        int fd = accept(listener, NULL, NULL);
        ssize_t length;

        if (fd < 0)
            _exit(1);
        while ((length = read(fd, buffer, sizeof(buffer))) > 0)
            atomic_fetch_add(&tally->bytes, (uint64_t)length);
        close(fd);
        atomic_fetch_add(&tally->ended, 1);
    }
}

static struct sockaddr_un address_of(const struct output *output)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, output->path, strlen(output->path) + 1);
    return address;
}

void output_init(struct output *file, struct output *socket_, const char *folder)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;

    memset(file, 0, sizeof(*file));
    memset(socket_, 0, sizeof(*socket_));
    file->to_file = true;
    snprintf(file->path, sizeof(file->path), "%s/events", folder);
    snprintf(socket_->path, sizeof(socket_->path), "%s/socket", folder);
    tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    address = address_of(socket_);
    if (tally == MAP_FAILED || listener < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 8) < 0)
        err(1, "%s", socket_->path);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        read_all(listener);
    }
    close(listener);
}

void output_reset(struct output *output)
{
    if (output->to_file)
        unlink(output->path);
}

int output_open(const struct output *output)
{
    struct sockaddr_un address = address_of(output);
    int fd = output->to_file ? open(output->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                             : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        (!output->to_file && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0))
        err(1, "%s", output->path);
    return fd;
}

uint64_t output_bytes(struct output *output)
{
    struct stat stat;
    uint64_t bytes;

    if (output->to_file)
        return lstat(output->path, &stat) < 0 ? 0 : (uint64_t)stat.st_size;
    opened++;
    while (atomic_load(&tally->ended) < opened)
        usleep(100);
    bytes = atomic_load(&tally->bytes) - seen_bytes;
    seen_bytes += bytes;
    return bytes;
}

uint64_t output_checksum(const struct output *output)
{
    uint64_t sum = 14695981039346656037u;
    FILE *file = fopen(output->path, "re");
    static char line[64 * 1024];

    if (!file)
        err(1, "%s", output->path);
    while (fgets(line, sizeof(line), file)) {
        if (strlen(line) < TIME_BYTES)
            errx(1, "a short line: %s", line);
        for (const char *at = line + TIME_BYTES; *at; at++)
            sum = (sum ^ (uint8_t)*at) * 1099511628211u;
    }
    fclose(file);
    return sum;
}
