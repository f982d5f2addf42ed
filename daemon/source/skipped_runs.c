// SPDX-License-Identifier: Apache-2.0

/* Not all kernels count skipped runs for all hooks; if they do not, the field is 0 as well. */

#include "source/skipped_runs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "source/attachment.h"
#include "source/kept_set.h"
#include "source/object.h"

enum { COUNTED_SINCE_6 = 7 }; /* Linux 6.7: for kprobes and tracepoints, too */

static bool kernel_is_new(void)
{
    unsigned major, minor;
    struct utsname names;

    return uname(&names) == 0 && sscanf(names.release, "%u.%u", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= COUNTED_SINCE_6));
}

/* For the other program types, either all skipped runs are counted or none are ever skipped. */
static bool is_counted(uint32_t type)
{
    switch (type) {
    case BPF_PROG_TYPE_PERF_EVENT:
        return false;
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
        return kernel_is_new();
    default:
        return true;
    }
}

static int describe(int fd, struct bpf_prog_info *ret_info)
{
    uint32_t size = sizeof(*ret_info);

    memset(ret_info, 0, sizeof(*ret_info));
    if (bpf_obj_get_info_by_fd(fd, ret_info, &size) < 0)
        return -errno;
    return size >= offsetof(struct bpf_prog_info, recursion_misses) + sizeof(uint64_t) ? 0
                                                                                       : -ENOTSUP;
}

/* *known: whether the number is known for all programs so far. */
static void add(struct skipped_runs *runs, int fd, bool *known)
{
    struct bpf_prog_info info;

    *known &= fd >= 0 && describe(fd, &info) == 0 && is_counted(info.type);
    runs->probes |= *known && info.type == BPF_PROG_TYPE_KPROBE;
    if (fd >= 0)
        runs->fds[runs->n++] = fd;
}

void skipped_runs_watch(struct skipped_runs *runs, const struct object *object)
{
    bool known = true;

    runs->attachments = &object->attachments;
    runs->fds = calloc(object->n_programs + 1, sizeof(*runs->fds));
    for (uint32_t i = 0; runs->fds && i < object->n_programs; i++)
        if (object->programs[i].chosen && object->programs[i].attach)
            add(runs,
                bpf_program__fd(
                    bpf_object__find_program_by_name(object->loaded, object->programs[i].name)),
                &known);
    runs->known = runs->n > 0 && known;
}

/* -1: it cannot be opened. */
static int program_of(int link)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(link, &info, &size) < 0)
        return -1;
    return bpf_prog_get_fd_by_id(info.prog_id);
}

static bool is_first_link(const struct kept_set *kept, uint32_t index, uint32_t program)
{
    for (uint32_t i = 0, other; i < index; i++)
        if (sscanf(kept->items[i].name, KEPT_LINK "%*u-%u", &other) == 1 && other == program)
            return false;
    return true;
}

/* A program may be attached by several links. */
void skipped_runs_adopt(struct skipped_runs *runs, const struct kept_set *kept, uint64_t before)
{
    bool known = true;
    uint32_t program;

    runs->fds = calloc(kept->n_items + 1, sizeof(*runs->fds));
    runs->kept = kept;
    runs->owned = true;
    runs->before = runs->sum = before;
    for (uint32_t i = 0; runs->fds && i < kept->n_items; i++)
        if (sscanf(kept->items[i].name, KEPT_LINK "%*u-%u", &program) == 1 &&
            is_first_link(kept, i, program))
            add(runs, program_of(kept->items[i].fd), &known);
    runs->known = runs->n > 0 && known;
}

/* ---- what links count ------------------------------------------------------------------------ */

/* A copy of struct bpf_link_info from newer headers. */
struct link_info {
    uint32_t type;
    uint32_t id;
    uint32_t program;
    uint32_t pad;
    union {
        struct {
            uint64_t addresses;
            uint32_t count;
            uint32_t flags;
            uint64_t missed;
        } multi;
        struct {
            uint32_t type;
            uint32_t pad;
            uint64_t name;
            uint32_t name_length;
            uint32_t offset;
            uint64_t address;
            uint64_t missed;
        } event;
        uint8_t room[256];
    };
};

enum { EVENT_KPROBE = 3, EVENT_KRETPROBE = 4 }; /* BPF_PERF_EVENT_KPROBE, ..._KRETPROBE */

static uint64_t missed_by(int link)
{
    struct link_info info = {0};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(link, (struct bpf_link_info *)&info, &size) < 0)
        return 0;
    if (info.type == BPF_LINK_TYPE_KPROBE_MULTI)
        return info.multi.missed;
    if (info.type == BPF_LINK_TYPE_PERF_EVENT &&
        (info.event.type == EVENT_KPROBE || info.event.type == EVENT_KRETPROBE))
        return info.event.missed;
    return 0;
}

/* After they were detached, the last value remains. */
static void read_links(struct skipped_runs *runs)
{
    const struct kept_set *kept = runs->kept;
    uint64_t sum = 0;
    bool any = false;

    for (uint32_t i = 0; runs->attachments && i < runs->attachments->count; i++) {
        int fd = attachment_fd(&runs->attachments->items[i]);

        if (fd < 0)
            continue;
        sum += missed_by(fd);
        any = true;
    }
    for (uint32_t i = 0; kept && i < kept->n_items; i++) {
        if (strncmp(kept->items[i].name, KEPT_LINK, strlen(KEPT_LINK)) != 0)
            continue;
        sum += missed_by(kept->items[i].fd);
        any = true;
    }
    if (any)
        runs->by_links = sum;
}

/* ---- reading --------------------------------------------------------------------------------- */

int skipped_runs_read(struct skipped_runs *runs, uint64_t *ret_skipped)
{
    struct bpf_prog_info info;
    uint64_t sum = 0;
    int result = runs->known ? 0 : -ENOTSUP;

    for (uint32_t i = 0; i < runs->n && result == 0; i++) {
        result = describe(runs->fds[i], &info);
        sum += info.recursion_misses;
    }
    if (result < 0)
        return result;
    if (runs->probes)
        read_links(runs);
    sum += runs->by_links;
    runs->sum = sum;
    *ret_skipped = sum - runs->before;
    return 0;
}

void skipped_runs_close(struct skipped_runs *runs)
{
    for (uint32_t i = 0; runs->owned && i < runs->n; i++)
        close(runs->fds[i]);
    free(runs->fds);
    *runs = (struct skipped_runs){0};
}
