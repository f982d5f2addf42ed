// SPDX-License-Identifier: Apache-2.0
/* There are two ways to find the holders. The exact one is a BPF iterator over all mappings
 * (holder.bpf.c); it needs the right to load BPF programs. The other one reads /proc/PID/fdinfo,
 * which names maps by id, but only while their fd is open: a consumer may close it after mapping,
 * and then nothing in /proc shows it. So the answer says which of the two was used. */
#include "ring/holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <holder_line.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "holder.skel.h"

DEFINE_CLEANUP(struct holder_bpf, holder_bpf__destroy);
DEFINE_CLEANUP(struct bpf_link, bpf_link__destroy);

static void cleanup_closedir(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

/* Adds a process once. Beyond HOLDERS_MAX the rest is left out. */
static void note(struct holders *holders, pid_t pid, enum holder_kind kind, const char *comm)
{
    struct holder *holder;

    for (size_t i = 0; i < holders->count; i++) {
        holder = &holders->list[i];
        if (holder->pid != pid)
            continue;
        if (kind < holder->kind)
            holder->kind = kind;
        return;
    }
    if (holders->count == HOLDERS_MAX)
        return;
    holder = &holders->list[holders->count++];
    *holder = (struct holder){.pid = pid, .kind = kind};
    snprintf(holder->comm, sizeof(holder->comm), "%s", comm);
}

static int quiet(enum libbpf_print_level level __attribute__((unused)),
                 const char *format __attribute__((unused)),
                 va_list arguments __attribute__((unused)))
{
    return 0;
}

static int read_lines(int fd, uint32_t map_id, struct holders *holders)
{
    struct holder_line lines[32];
    ssize_t n;

    while ((n = read(fd, lines, sizeof(lines))) > 0)
        for (size_t i = 0; i < (size_t)n / sizeof(lines[0]); i++)
            if (lines[i].map_id == map_id)
                note(holders, lines[i].pid, lines[i].writable ? HOLDER_CONSUMES : HOLDER_OBSERVES,
                     lines[i].comm);
    return n < 0 ? -errno : 0;
}

static int find_mappings(uint32_t map_id, struct holders *holders)
{
    _cleanup_(cleanup_holder_bpf__destroy) struct holder_bpf *program = NULL;
    _cleanup_(cleanup_bpf_link__destroy) struct bpf_link *link = NULL;
    _cleanup_(cleanup_close) int fd = -1;
    libbpf_print_fn_t print =
        libbpf_set_print(quiet); /* a refusal is expected here and is not an error */

    program = holder_bpf__open_and_load();
    if (program)
        link = bpf_program__attach_iter(program->progs.holder, NULL);
    libbpf_set_print(print);
    if (!link)
        return -errno;
    fd = bpf_iter_create(bpf_link__fd(link));
    if (fd < 0)
        return fd;
    return read_lines(fd, map_id, holders);
}

static bool names_map(int directory, const char *name, uint32_t map_id)
{
    _cleanup_(cleanup_fclose) FILE *file = NULL;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    unsigned int id;
    char line[64];

    if (fd < 0)
        return false;
    file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return false;
    }
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "map_id: %u", &id) == 1)
            return id == map_id;
    return false;
}

static void look_at_process(const char *pid, uint32_t map_id, struct holders *holders)
{
    _cleanup_(cleanup_closedir) DIR *fds = NULL;
    _cleanup_(cleanup_fclose) FILE *file = NULL;
    char path[288], comm[HOLDER_COMM_MAX + 1] = "?";
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
    fds = opendir(path);
    while (fds && (entry = readdir(fds))) {
        if (entry->d_name[0] == '.' || !names_map(dirfd(fds), entry->d_name, map_id))
            continue;
        snprintf(path, sizeof(path), "/proc/%s/comm", pid);
        file = fopen(path, "re");
        if (file && fgets(comm, sizeof(comm), file))
            comm[strcspn(comm, "\n")] = '\0';
        note(holders, (pid_t)strtol(pid, NULL, 10), HOLDER_POSSIBLE, comm);
        return;
    }
}

int holder_find_possible(uint32_t map_id, struct holders *ret_holders)
{
    _cleanup_(cleanup_closedir) DIR *processes = opendir("/proc");
    struct holders holders = {0};
    struct dirent *entry;

    if (!processes)
        return -errno;
    while ((entry = readdir(processes)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            look_at_process(entry->d_name, map_id, &holders);
    *ret_holders = holders;
    return 0;
}

int holder_find(uint32_t map_id, struct holders *ret_holders)
{
    struct holders holders = {.certain = true};

    if (find_mappings(map_id, &holders) < 0)
        return holder_find_possible(map_id, ret_holders);
    *ret_holders = holders;
    return 0;
}
