// SPDX-License-Identifier: Apache-2.0

/* An event of a CPU that goes offline is taken out of the CPU's list and does not come back with
 * it. Its ring lives on, and another event of the same CPU may be told to write there. */

#include "source/perf_events.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "ring/perf.h"
#include "ring/perf_walk.h"
#include "source/shards.h"

#define ONLINE_CPUS   "/sys/devices/system/cpu/online"
#define PARANOID_FILE "/proc/sys/kernel/perf_event_paranoid"
#define ID_OF_EVENT   (UINT32_C(1) << 31) /* so no event has the id of a map */

enum { ONLINE_MAX = 4096, CPUS_MAX = RINGMILL_RINGS_MAX };

struct perf_event_ring {
    uint32_t cpu;
    int fd;           /* of the event whose pages are the ring */
    int again_fd;     /* of the one that writes to it since the CPU was offline; -1: none */
    uint64_t enabled; /* ns that the one in use has been on its CPU, at the last look; 0: no look */
    bool failed;      /* it could not be opened again, which was reported */
    uint64_t lost_again;   /* counted by such events that are closed */
    _Atomic uint64_t lost; /* by the records about losses that were read */
};

struct perf_events *perf_events_new(void)
{
    struct perf_events *events = calloc(1, sizeof(*events));

    if (events)
        events->map_fd = -1;
    return events;
}

void perf_events_free(struct perf_events *events)
{
    if (!events)
        return;
    for (uint32_t i = 0; i < events->n; i++) {
        close(events->rings[i].fd);
        if (events->rings[i].again_fd >= 0)
            close(events->rings[i].again_fd);
    }
    free(events->rings);
    free(events->online);
    free(events->lengths);
    free(events);
}

/* ---- lengths --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

int perf_events_note_lengths(struct perf_events *events, const struct record_lengths *lengths,
                             const struct stream *stream)
{
    bool by_calls = lengths->count > 0 && !lengths->varies;

    events->lengths = calloc(RECORD_LENGTHS_MAX + stream->n_types, sizeof(*events->lengths));
    if (!events->lengths)
        return -ENOMEM;
    for (uint32_t i = 0; by_calls && i < lengths->count; i++)
        events->lengths[events->n_lengths++] = lengths->list[i];
    /* what follows a type is in none of its fields; where a type goes on, nothing may be cut */
    for (uint32_t i = 0; !by_calls && i < stream->n_types; i++) {
        if (schema_is_open_ended(stream->types[i].schema)) {
            events->n_lengths = 0;
            return 0;
        }
        events->lengths[events->n_lengths++] = stream->types[i].schema->size;
    }
    qsort(events->lengths, events->n_lengths, sizeof(*events->lengths), compare);
    return 0;
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* "0-3,5"; the caller frees it. NULL: unknown. */
static char *read_online(void)
{
    char text[ONLINE_MAX];
    int fd = open(ONLINE_CPUS, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return NULL;
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return strdup(text);
}

/* The next CPU of such a list, ascending; -1: there are no more. */
static int next_cpu(const char **list, int previous)
{
    char *end;
    long first = strtol(*list, &end, 10), last = first;

    if (end == *list)
        return -1;
    if (*end == '-')
        last = strtol(end + 1, &end, 10);
    if (previous < first)
        previous = (int)first - 1;
    if (previous + 1 >= last)
        *list = *end == ',' ? end + 1 : "";
    return previous + 1 < CPUS_MAX ? previous + 1 : -1;
}

/* ---- one event ------------------------------------------------------------------------------- */

static int open_event(uint32_t cpu, bool kernel_counts)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(attributes),
        .config = PERF_COUNT_SW_BPF_OUTPUT,
        .sample_type = PERF_SAMPLE_RAW,
        .sample_period = 1,
        .wakeup_events = 1,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | (kernel_counts ? PERF_FORMAT_LOST : 0),
    };
    long fd = syscall(SYS_perf_event_open, &attributes, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

/* What read(2) gives, with or without the last one. */
struct event_counts {
    uint64_t value;
    uint64_t enabled;
    uint64_t lost;
};

static struct event_counts read_counts(int fd)
{
    struct event_counts counts = {0};

    return read(fd, &counts, sizeof(counts)) < 0 ? (struct event_counts){0} : counts;
}

static int put_into_map(int map_fd, uint32_t cpu, int fd)
{
    return bpf_map_update_elem(map_fd, &cpu, &fd, BPF_ANY) < 0 ? -errno : 0;
}

static int refuse_event(uint32_t cpu, int code, struct error *error)
{
    FILE *file = fopen(PARANOID_FILE, "re");
    int paranoid = 2;

    if (file && fscanf(file, "%d", &paranoid) != 1)
        paranoid = 2;
    if (file)
        fclose(file);
    if (code == -EACCES || code == -EPERM)
        return error_set(error, code,
                         "reading a perf event array is not permitted (kernel.perf_event_paranoid "
                         "is %d); run as root, or grant CAP_PERFMON",
                         paranoid);
    if (code == -EMFILE)
        return error_set(error, code,
                         "a perf event array needs a descriptor for each CPU, and the limit of "
                         "open files was reached; raise RLIMIT_NOFILE (LimitNOFILE=)");
    return error_set(error, code, "cannot open the perf event of CPU %u: %s", cpu, strerror(-code));
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int add_event(struct perf_events *events, uint32_t cpu, struct error *error)
{
    struct perf_event_ring *rings =
        reallocarray(events->rings, events->n + 1, sizeof(*events->rings));
    int fd, result;

    if (!rings)
        return error_set(error, -ENOMEM, "out of memory");
    events->rings = rings;
    fd = open_event(cpu, events->kernel_counts);
    if (fd == -EINVAL && events->n == 0) {
        events->kernel_counts = false;
        fd = open_event(cpu, false);
    }
    if (fd == -ENODEV)
        return 0; /* it went offline a moment ago */
    if (fd < 0)
        return refuse_event(cpu, fd, error);
    rings[events->n++] = (struct perf_event_ring){.cpu = cpu, .fd = fd, .again_fd = -1};
    result = put_into_map(events->map_fd, cpu, fd);
    return result < 0 ? error_set(error, result,
                                  "cannot put the perf event of CPU %u into its "
                                  "array: %s",
                                  cpu, strerror(-result))
                      : 0;
}

int perf_events_open(struct perf_events *events, int map_fd, struct shards *shards,
                     struct error *error)
{
    const char *list;
    int result = 0;

    events->map_fd = map_fd;
    events->kernel_counts = true;
    events->online = read_online();
    list = events->online;
    if (!list)
        return error_set(error, -ENOENT, "cannot read which CPUs are online from %s", ONLINE_CPUS);
    for (int cpu = next_cpu(&list, -1); cpu >= 0 && result == 0; cpu = next_cpu(&list, cpu))
        result = add_event(events, (uint32_t)cpu, error);
    if (result == 0 && events->n == 0)
        return error_set(error, -ENODEV, "no CPU is online by %s", ONLINE_CPUS);
    for (uint32_t i = 0; i < events->n && result == 0; i++)
        result = shards_borrow(shards, &events->rings[i].fd, 1, error);
    return result;
}

int perf_events_open_ring(const struct perf_events *events, uint32_t index, const char *name,
                          uint64_t size, const struct ringmill_ring_options *options,
                          struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    struct perf_event_ring *ring = &events->rings[index];
    uint64_t id = 0;

    ioctl(ring->fd, PERF_EVENT_IOC_ID, &id);
    return perf_open(
        &(struct perf_ring){
            .fd = ring->fd,
            .id = (uint32_t)id | ID_OF_EVENT,
            .size = size,
            .name = name,
            .lengths = events->lengths,
            .n_lengths = events->n_lengths,
            .lost = &ring->lost,
        },
        options, reason, ret_ring);
}

/* ---- CPUs that come online ------------------------------------------------------------------- */

static bool has_ring(const struct perf_events *events, uint32_t cpu)
{
    for (uint32_t i = 0; i < events->n; i++)
        if (events->rings[i].cpu == cpu)
            return true;
    return false;
}

/* Lets a new event of the CPU write to its ring. */
static int replace_event(struct perf_events *events, struct perf_event_ring *ring)
{
    _cleanup_(cleanup_close) int fd = open_event(ring->cpu, events->kernel_counts);
    int result;

    if (fd < 0)
        return fd;
    if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) < 0)
        return -errno;
    result = put_into_map(events->map_fd, ring->cpu, fd);
    if (result < 0)
        return result;
    if (ring->again_fd >= 0) {
        ring->lost_again += read_counts(ring->again_fd).lost;
        close(ring->again_fd);
    }
    ring->again_fd = TAKE_FD(fd);
    ring->enabled = 0;
    return 0;
}

static bool is_listed(const char *list, int wanted)
{
    for (int cpu = next_cpu(&list, -1); cpu >= 0; cpu = next_cpu(&list, cpu))
        if (cpu == wanted)
            return true;
    return false;
}

/* An event that is on its CPU no longer has stopped its clock. */
static void look_at_event(struct perf_events *events, struct perf_event_ring *ring,
                          const char *source)
{
    uint64_t enabled = read_counts(ring->again_fd >= 0 ? ring->again_fd : ring->fd).enabled;
    int result = 0;

    if (ring->enabled > 0 && enabled == ring->enabled)
        result = replace_event(events, ring);
    else
        ring->enabled = enabled;
    if (result == 0 || result == -ENODEV || ring->failed)
        return; /* -ENODEV: the CPU is offline */
    ring->failed = true;
    log_about(LOG_LEVEL_WARNING, "source", source,
              "CPU %u came back, but its perf event cannot be opened again: %s; the records of "
              "programs on it are lost and not counted; restart to read them",
              ring->cpu, strerror(-result));
}

static void look_for_new_cpus(struct perf_events *events, const char *source)
{
    _cleanup_(cleanup_free) char *before = NULL;
    char *online = read_online();
    const char *list = online;

    if (!online || !events->online || strcmp(online, events->online) == 0) {
        free(online);
        return;
    }
    before = events->online;
    events->online = online;
    for (int cpu = next_cpu(&list, -1); cpu >= 0; cpu = next_cpu(&list, cpu))
        if (!is_listed(before, cpu) && !has_ring(events, (uint32_t)cpu))
            log_about(LOG_LEVEL_WARNING, "source", source,
                      "CPU %d came online after the start and has no perf ring: the records of "
                      "programs on it are lost and not counted; restart to read them",
                      cpu);
}

static uint64_t sum_lost(const struct perf_events *events)
{
    uint64_t lost = 0;

    for (uint32_t i = 0; i < events->n; i++) {
        const struct perf_event_ring *ring = &events->rings[i];

        lost += ring->lost_again;
        if (!events->kernel_counts)
            lost += atomic_load(&ring->lost);
        else
            lost += read_counts(ring->fd).lost +
                    (ring->again_fd >= 0 ? read_counts(ring->again_fd).lost : 0);
    }
    return lost;
}

uint64_t perf_events_lost(struct perf_events *events, const char *source)
{
    for (uint32_t i = 0; i < events->n; i++)
        look_at_event(events, &events->rings[i], source);
    look_for_new_cpus(events, source);
    return sum_lost(events) - events->forgotten;
}

void perf_events_forget_lost(struct perf_events *events)
{
    events->forgotten = sum_lost(events);
}
