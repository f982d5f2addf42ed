// SPDX-License-Identifier: Apache-2.0

/* libbpf explains a failure in what it prints, not in what it returns, so its warnings are kept
 * (each thread its own) and the first one becomes part of our sentence. */

#include "source/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"

#define TRACEFS "/sys/kernel/tracing"

enum { PROGRAMS_MAX = 64, WARNING_MAX = 256 };

struct object {
    struct bpf_object *object;
    struct bpf_map *ring;
    struct bpf_map *lost; /* NULL: not counted */
    struct bpf_link *links[PROGRAMS_MAX];
    const char *programs[PROGRAMS_MAX]; /* by link */
    uint32_t n_links;
};

static _Thread_local char first_warning[WARNING_MAX];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
    char line[ERROR_TEXT_MAX];
    int length;

    if (level != LIBBPF_WARN)
        return 0;
    length = vsnprintf(line, sizeof(line), format, arguments);
    line[strcspn(line, "\n")] = '\0';
    log_debug("%s", line);
    if (!first_warning[0])
        snprintf(first_warning, sizeof(first_warning), "%.*s", WARNING_MAX - 1, line);
    return length;
}

/* Starts a call into libbpf: whatever it prints now belongs to this call. */
static void expect_warnings(void)
{
    first_warning[0] = '\0';
    libbpf_set_print(keep_warning);
}

int object_open(const char *name, const void *bytes, size_t size, struct error *error,
                struct object **ret)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
    _cleanup_(cleanup_object_free) struct object *object = calloc(1, sizeof(*object));

    if (!object)
        return error_set(error, -ENOMEM, "out of memory");
    expect_warnings();
    object->object = bpf_object__open_mem(bytes, size, &options);
    if (!object->object)
        return error_set(error, errno < __LIBBPF_ERRNO__START ? -errno : -EINVAL,
                         "cannot read the BPF object: %s",
                         first_warning[0] ? first_warning : strerror(errno));
    object->ring = bpf_object__find_map_by_name(object->object, "events");
    object->lost = bpf_object__find_map_by_name(object->object, "events_lost");
    if (!object->ring)
        return error_set(error, -ENOENT, "the BPF object has no ring called \"events\"");
    *ret = TAKE_PTR(object);
    return 0;
}

void object_free(struct object *object)
{
    if (!object)
        return;
    object_detach(object);
    bpf_object__close(object->object);
    free(object);
}

const struct btf *object_btf(const struct object *object)
{
    return bpf_object__btf(object->object);
}

void object_set_ring_size(struct object *object, uint32_t bytes)
{
    bpf_map__set_max_entries(object->ring, bytes);
}

uint32_t object_ring_size(const struct object *object)
{
    return bpf_map__max_entries(object->ring);
}

/* The tracepoint "sched/sched_process_exec" of a section "tp/sched/sched_process_exec", or NULL. */
static const char *tracepoint_of(const struct bpf_program *program)
{
    const char *section = bpf_program__section_name(program);

    return strncmp(section, "tp/", 3) == 0 ? section + 3 : NULL;
}

static void leave_out_missing(struct object *object)
{
    struct bpf_program *program;

    if (access(TRACEFS "/events", F_OK) != 0)
        return; /* cannot tell; attaching will */
    bpf_object__for_each_program(program, object->object)
    {
        const char *tracepoint = tracepoint_of(program);
        char path[256];

        if (!tracepoint)
            continue;
        snprintf(path, sizeof(path), TRACEFS "/events/%s", tracepoint);
        if (access(path, F_OK) != 0 && errno == ENOENT)
            bpf_program__set_autoload(program, false);
    }
}

int object_load(struct object *object, struct error *error)
{
    int result;

    leave_out_missing(object);
    expect_warnings();
    result = bpf_object__load(object->object);
    if (result == 0)
        return 0;
    if (result == -EPERM) /* -EACCES is the verifier's */
        return error_set(
            error, -EPERM,
            "the kernel does not let this user load BPF programs; run as root, or give "
            "it CAP_BPF and CAP_PERFMON");
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
        return error_set(error, -ENOTSUP,
                         "the kernel has no BTF (/sys/kernel/btf/vmlinux); it must be built with "
                         "CONFIG_DEBUG_INFO_BTF=y, as Debian's and most others are");
    return error_set(error, result, "the kernel refused the BPF programs: %s",
                     first_warning[0] ? first_warning : strerror(-result));
}

static int explain_attach(const struct bpf_program *program, int code, struct error *error)
{
    const char *name = bpf_program__section_name(program);

    if (access(TRACEFS "/events", F_OK) != 0)
        return errno == EACCES ? error_set(error, -EPERM,
                                           "cannot attach %s: " TRACEFS
                                           " may not be read; run as root, or give "
                                           "it CAP_DAC_READ_SEARCH",
                                           name)
                               : error_set(error, -ENOTSUP,
                                           "cannot attach %s: tracefs is not mounted; mount -t "
                                           "tracefs nodev " TRACEFS,
                                           name);
    if (code == -EPERM || code == -EACCES)
        return error_set(error, -EPERM,
                         "cannot attach %s: not allowed; run as root, or give it CAP_PERFMON and "
                         "CAP_DAC_READ_SEARCH",
                         name);
    return error_set(error, code, "cannot attach %s: %s", name,
                     first_warning[0] ? first_warning : strerror(-code));
}

int object_attach(struct object *object, struct error *error)
{
    struct bpf_program *program;

    bpf_object__for_each_program(program, object->object)
    {
        struct bpf_link *link;

        if (!bpf_program__autoload(program))
            continue;
        if (object->n_links == PROGRAMS_MAX)
            return error_set(error, -E2BIG, "more than %d programs", PROGRAMS_MAX);
        expect_warnings();
        link = bpf_program__attach(program);
        if (!link)
            return explain_attach(program, -errno, error);
        object->programs[object->n_links] = bpf_program__name(program);
        object->links[object->n_links++] = link;
    }
    if (object->n_links == 0)
        return error_set(error, -ENOTSUP, "this kernel has none of the tracepoints it needs");
    return 0;
}

static void *destroy_link(void *link)
{
    bpf_link__destroy(link);
    return NULL;
}

/* The kernel waits for a grace period or two per perf link. Waiting for all of them at the same
 * time takes about half as long as one after the other. */
static void destroy_links(struct object *object)
{
    pthread_t threads[PROGRAMS_MAX];
    uint32_t started = 0;

    while (started + 1 < object->n_links &&
           thread_start(&threads[started], "detach", destroy_link, object->links[started]) == 0)
        started++;
    for (uint32_t i = started; i < object->n_links; i++)
        destroy_link(object->links[i]);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    object->n_links = 0;
}

void object_detach(struct object *object)
{
    if (object->n_links == 0)
        return;
    destroy_links(object);
    /* Programs that run just now still end. They run under RCU, and this is synchronize_rcu() for
     * user space: what they write is in the ring when it returns. */
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

const char *object_program(const struct object *object, uint32_t index)
{
    return index < object->n_links ? object->programs[index] : NULL;
}

int object_ring_fd(const struct object *object)
{
    return bpf_map__fd(object->ring);
}

int object_lost(const struct object *object, uint64_t *ret_lost)
{
    int cpus = libbpf_num_possible_cpus();
    _cleanup_(cleanup_free) uint64_t *counts = NULL;
    uint32_t key = 0;
    uint64_t sum = 0;

    if (object->lost) {
        counts = cpus > 0 ? calloc((size_t)cpus, sizeof(*counts)) : NULL;
        if (!counts)
            return -ENOMEM;
        if (bpf_map_lookup_elem(bpf_map__fd(object->lost), &key, counts) < 0)
            return -errno;
        for (int i = 0; i < cpus; i++)
            sum += counts[i];
    }
    *ret_lost = sum;
    return 0;
}
