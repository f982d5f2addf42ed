// SPDX-License-Identifier: Apache-2.0

/* Inspects a live ring that another process consumes. Everything is mapped read-only, so this
 * cannot move a position or wake the consumer. If the ring wraps more than once between two looks,
 * the rest counts as missed bytes: the byte rate is still correct, the record rate is too low.
 *
 * The consumers are searched again only now and then, since the kernel then walks all mappings of
 * all processes. */

#include "cli/commands.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/observation.h"
#include "config/scalar.h"
#include "source/existing_map.h"

#define INTERVAL_MIN UINT64_C(1000000)     /* ns */
#define HOLDERS_AGE  UINT64_C(10000000000) /* ns until the consumers are searched again */

struct observer {
    const char *map;
    uint64_t interval; /* ns */
    uint64_t count;    /* 0: no end */
    bool json;
};

DEFINE_CLEANUP(struct ringmill_ring, ringmill_ring_free);

static bool read_interval(const char *option, const char *text, void *ret)
{
    uint64_t interval;

    if (scalar_duration(text, &interval) < 0 || interval < INTERVAL_MIN) {
        log_error("%s %s: expected a duration of at least 1ms, such as 500ms or 2s", option, text);
        return false;
    }
    *(uint64_t *)ret = interval;
    return true;
}

#define AT(member) offsetof(struct observer, member)

static const struct argument command_options[] = {
    {"interval", "TIME", AT(interval), read_interval,
     "time between two lines; 1s by default, at least 1ms"},
    {"count", "N", AT(count), argument_count, "exit after N lines"},
    {"json", NULL, AT(json), argument_flag, "print one JSON object per line"},
    {0},
};

static const struct positional operands[] = {
    {"MAP", "a ring buffer: a pinned path, id:N, or a name"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill observe [--interval TIME] [--count N] [--json] MAP",
    .operands = operands,
    .notes = "The ring is only inspected: its consumer is not disturbed.\n",
    .options = command_options,
};

static enum exit_code parse(int argc, char **argv, struct observer *observer)
{
    enum exit_code code = arguments_read(&command_line, argc, argv, observer);

    if (code == EXIT_CODE_OK && argc - optind != 1)
        return arguments_refuse(
            &command_line, optind == argc ? "no map given: MAP is a pinned path, id:N, or a name"
                                          : "only one map can be given");
    observer->map = argv[optind];
    return code;
}

/* 0, or -errno after a message. */
static int open_ring(const char *map, struct bpf_map_info *ret_info, struct ringmill_ring **ret)
{
    struct ringmill_ring_options options = {.size = sizeof(options),
                                            .flags = RINGMILL_RING_OBSERVE};
    _cleanup_(cleanup_close) int fd = -1;
    uint32_t size = sizeof(*ret_info);
    struct ringmill_error reason;
    struct error error = {0};
    int result = existing_map_open(map, false, &error, &fd);

    if (result < 0) {
        log_error("%s", error_join(&error));
        return result;
    }
    result = ringmill_ring_open(fd, &options, &reason, ret);
    if (result < 0)
        log_error("%s: %s", map, reason.text);
    else if (bpf_obj_get_info_by_fd(fd, ret_info, &size) < 0)
        memset(ret_info, 0, sizeof(*ret_info));
    return result;
}

static bool same_holders(const struct holders *one, const struct holders *other)
{
    if (one->count != other->count || one->certain != other->certain)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (one->list[i].pid != other->list[i].pid || one->list[i].kind != other->list[i].kind)
            return false;
    return true;
}

/* Finds the other processes that hold the ring; none when that cannot be found out. */
static void find_holders(uint32_t id, struct holders *holders)
{
    struct holders found = {0};

    holder_find(id, &found);
    *holders = (struct holders){.certain = found.certain};
    for (size_t i = 0; i < found.count; i++)
        if (found.list[i].pid != getpid())
            holders->list[holders->count++] = found.list[i];
}

static bool sleep_for(uint64_t ns)
{
    struct timespec time = {.tv_sec = (time_t)(ns / 1000000000),
                            .tv_nsec = (long)(ns % 1000000000)};

    while (nanosleep(&time, &time) < 0)
        if (errno != EINTR)
            return false;
    return true;
}

static enum exit_code print_look(const struct observer *observer,
                                 const struct observation *observation, bool news)
{
    if (observer->json) {
        observation_print_json(observation, stdout);
    } else {
        if (news)
            observation_print_holders(observation, stdout);
        observation_print(observation, stdout);
    }
    if (fflush(stdout) == 0)
        return EXIT_CODE_OK;
    log_error("cannot write to standard output: %s", strerror(errno));
    return EXIT_CODE_ENVIRONMENT;
}

static enum exit_code watch(const struct observer *observer, struct ringmill_ring *ring,
                            struct observation *observation, struct holders *holders)
{
    uint64_t asked = observation->now.time;
    enum exit_code code = EXIT_CODE_OK;

    for (uint64_t i = 0; code == EXIT_CODE_OK; i++) {
        struct holders last = *holders;

        if (i > 0 && i == observer->count)
            return EXIT_CODE_OK;
        if (!sleep_for(observer->interval))
            return EXIT_CODE_FAILED;
        observation->before = observation->now;
        if (ringmill_ring_observe(ring, &observation->now) < 0) {
            log_error("%s: the ring is corrupt: its positions or a record length are impossible; "
                      "its consumer reads wrong data, too",
                      observer->map);
            return EXIT_CODE_FAILED;
        }
        if (observation->now.time - asked >= HOLDERS_AGE) {
            find_holders(observation->id, holders);
            asked = observation->now.time;
        }
        code = print_look(observer, observation, !same_holders(&last, holders));
    }
    return code;
}

enum exit_code command_observe(int argc, char **argv)
{
    struct observer observer = {.interval = 1000000000};
    _cleanup_(cleanup_ringmill_ring_free) struct ringmill_ring *ring = NULL;
    enum exit_code code = parse(argc, argv, &observer);
    struct bpf_map_info info = {0};
    struct holders holders = {0};
    struct observation observation;

    if (code != EXIT_CODE_OK)
        return code;
    if (open_ring(observer.map, &info, &ring) < 0)
        return EXIT_CODE_ENVIRONMENT;
    observation = (struct observation){.id = ringmill_ring_id(ring),
                                       .name = info.name,
                                       .size = ringmill_ring_size(ring),
                                       .holders = &holders};
    find_holders(observation.id, &holders);
    if (ringmill_ring_observe(ring, &observation.now) < 0) {
        log_error("%s: the ring is corrupt", observer.map);
        return EXIT_CODE_FAILED;
    }
    if (!observer.json)
        observation_print_head(&observation, stdout);
    return watch(&observer, ring, &observation, &holders);
}
