// SPDX-License-Identifier: Apache-2.0
#include "source/cgroup_watch.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cgroups.h"
#include "base/log.h"
#include "base/resolver.h"
#include "cgroup.skel.h"
#include "cgroup_change.h"
#include "source/libbpf_log.h"

struct cgroup_watch {
    struct cgroup_bpf *program;
    struct ring_buffer *ring;
    struct cgroups *cgroups; /* while it is read */
    __u64 dropped;           /* that were accounted for */
};

static void watch_close(void *data)
{
    struct cgroup_watch *watch = data;

    ring_buffer__free(watch->ring);
    cgroup_bpf__destroy(watch->program);
    free(watch);
}

static int on_note(void *data, void *bytes, size_t size)
{
    const struct cgroup_watch *watch = data;
    const struct cgroup_note *note = bytes;

    if (size < offsetof(struct cgroup_note, name) ||
        size - offsetof(struct cgroup_note, name) < note->length)
        return 0;
    if (note->removed)
        cgroups_remove(watch->cgroups, note->id);
    else if (note->length > 0)
        cgroups_make(watch->cgroups, note->id, note->parent, note->name, note->length);
    return 0;
}

static uint64_t watch_read(void *data, struct cgroups *cgroups)
{
    struct cgroup_watch *watch = data;
    __u64 dropped, more;

    watch->cgroups = cgroups;
    ring_buffer__consume(watch->ring);
    dropped = __atomic_load_n(&watch->program->bss->notes_dropped, __ATOMIC_RELAXED);
    more = dropped - watch->dropped;
    watch->dropped = dropped;
    return more;
}

/* 0 or -errno. */
static int attach(struct cgroup_watch *watch)
{
    int r;

    watch->program = cgroup_bpf__open_and_load();
    if (!watch->program)
        return -errno;
    r = cgroup_bpf__attach(watch->program);
    if (r < 0)
        return r;
    watch->ring = ring_buffer__new(bpf_map__fd(watch->program->maps.notes), on_note, watch, NULL);
    return watch->ring ? 0 : -errno;
}

static int start(struct resolver *resolver, struct cgroup_watch *watch)
{
    int r = attach(watch);
    struct cgroup_feed feed;

    if (r < 0)
        return r;
    feed = (struct cgroup_feed){.fd = ring_buffer__epoll_fd(watch->ring),
                                .read = watch_read,
                                .close = watch_close,
                                .data = watch};
    return resolver_watch_cgroups(resolver, &feed);
}

void cgroup_watch_start(struct resolver *resolver)
{
    struct cgroup_watch *watch;
    struct libbpf_log log;
    int r;

    if (!resolver_lacks_watch(resolver))
        return;
    watch = calloc(1, sizeof(*watch));
    libbpf_log_begin(&log);
    r = watch ? start(resolver, watch) : -ENOMEM;
    libbpf_log_end(&log);
    if (r == 0)
        return;
    if (watch)
        watch_close(watch);
    log_warning("cannot see cgroups as they are made: %s; the output shows cgroups that live for "
                "less than a second without names",
                log.warning[0] ? log.warning : strerror(-r));
}
