// SPDX-License-Identifier: Apache-2.0

#include "source/lineage.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "lineage.skel.h"
#include "source/iteration.h"
#include "source/object.h"

static const char *const maps[] = {"lineages", "renames", "rename_order", "lineage_state"};
static const char *const feeders[] = {"lineage_fork", "lineage_rename", "lineage_exit"};
static const char iterator[] = "lineage_iterate";

enum { N_MAPS = sizeof(maps) / sizeof(maps[0]), N_FEEDERS = sizeof(feeders) / sizeof(feeders[0]) };

/* As struct lineage_state in bpf/lineage.bpf.h. */
struct lineage_state {
    uint64_t renames;
    uint64_t numbers;
    uint64_t no_memory;
    uint64_t outdated;
};

static struct {
    struct object *object; /* NULL: nobody uses it */
    uint32_t users;
    bool attached;
    struct lineage_state reported;
} shared;

bool lineage_is_in(const struct object *object)
{
    return bpf_object__find_map_by_name(object->plan, maps[0]);
}

static void choose(struct object *object, const char *name, bool load, bool attach)
{
    struct object_program *program = object_find(object, name);

    if (!program)
        return;
    program->chosen = load;
    program->attach = attach;
}

void lineage_choose(struct object *object, bool kept)
{
    for (size_t i = 0; i < N_FEEDERS; i++)
        choose(object, feeders[i], kept, kept);
    choose(object, iterator, kept, false); /* see lineage_enter() */
}

int lineage_take(struct error *error)
{
    _cleanup_(cleanup_object_free) struct object *object = NULL;
    size_t size;
    const void *elf = lineage_bpf__elf_bytes(&size);
    int result;

    if (shared.object) {
        shared.users++;
        return 0;
    }
    result = object_open("lineage", elf, size, error, &object);
    if (result == 0)
        result = object_load(object, error);
    if (result < 0)
        return result;
    shared.object = TAKE_PTR(object);
    shared.users = 1;
    return 0;
}

void lineage_drop(void)
{
    if (--shared.users > 0)
        return;
    object_free(shared.object);
    memset(&shared, 0, sizeof(shared));
}

int lineage_share(struct bpf_object *fresh, struct error *error)
{
    for (size_t i = 0; i < N_MAPS; i++) {
        struct bpf_map *map = bpf_object__find_map_by_name(fresh, maps[i]);
        int result = bpf_map__reuse_fd(map, object_map_fd(shared.object, maps[i]));

        if (result < 0)
            return error_set(error, result, "cannot share map %s: %s", maps[i], strerror(-result));
    }
    return 0;
}

void lineage_enter(const struct object *object)
{
    struct bpf_program *program = bpf_object__find_program_by_name(object->loaded, iterator);
    int result;

    if (!program) /* the table is not used */
        return;
    result = iteration_run_program(program);
    if (result < 0)
        log_about(LOG_LEVEL_WARNING, "source", object->name,
                  "processes that run already are entered when they do something: %s",
                  strerror(-result));
}

int lineage_attach(struct error *error)
{
    int result;

    if (shared.attached)
        return 0;
    result = object_attach(shared.object, error);
    if (result == 0)
        lineage_enter(shared.object);
    shared.attached = result == 0;
    return result;
}

void lineage_report(void)
{
    struct lineage_state state;
    uint32_t key = 0;

    if (!shared.object ||
        bpf_map_lookup_elem(object_map_fd(shared.object, "lineage_state"), &key, &state) < 0)
        return;
    if (state.no_memory > shared.reported.no_memory)
        log_warning("%" PRIu64 " processes got no lineage: the kernel has no memory for it; their "
                    "ancestors are null",
                    state.no_memory - shared.reported.no_memory);
    if (state.outdated > shared.reported.outdated)
        log_warning("the names of the ancestors of %" PRIu64 " processes are unknown: too many "
                    "processes were renamed within 10 s; they are null",
                    state.outdated - shared.reported.outdated);
    shared.reported = state;
}
