// SPDX-License-Identifier: Apache-2.0

/* The map is opened as late as possible: if the config describes the types, anybody can check it,
 * on any machine. Otherwise the types are those of the programs that use the map, and checking the
 * config needs the map and the right to read it.
 *
 * Two consumers silently lose each other's records. A lock keeps users of this library apart; the
 * kernel is asked which other process has the consumer position mapped for writing
 * (ring/holder.h). */

#include "source/kind.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ringmill/ring.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "ring/holder.h"
#include "schema/kernel.h"
#include "source/existing_map.h"
#include "source/lost.h"
#include "source/ring_config.h"
#include "source/shards.h"
#include "source/stream_types.h"

struct map_config {
    const char *map;
    uint64_t recheck;
    struct ring_config ring;
};

static const struct setting map_settings[] = {
    {
        .name = "map",
        .type = SETTING_NAME,
        .offset = offsetof(struct map_config, map),
        .required = true,
        .doc = "an existing ring: a pinned path, id:N, or its name",
    },
    {
        .name = "recheck",
        .type = SETTING_DURATION,
        .offset = offsetof(struct map_config, recheck),
        .minimum = 1000 * 1000,
        .maximum = INT64_C(3600) * 1000 * 1000 * 1000,
        .fallback = "1s",
        .doc = "check the ring this often even without a wake-up, for programs that use "
               "BPF_RB_NO_WAKEUP",
    },
    {0},
};

struct map_state {
    const char *name; /* the last part of what the config says */
    int fd;           /* of the ring, or of the map of rings; -1: not open yet */
    int lost_fd;      /* -1: none */

    /* owned by the loader thread */
    struct shards shards;
    struct lost_counter lost;
};

DEFINE_CLEANUP(struct btf, btf__free);

/* ---- open ------------------------------------------------------------------------------------ */

static int open_map(struct map_state *state, const struct map_config *config, struct error *error)
{
    return state->fd >= 0 ? 0 : existing_map_open(config->map, false, error, &state->fd);
}

/* Any one of the types that are looked for, or NULL. */
static const char *first_type(const struct ring_config *config)
{
    if (config->types && config->types->kind == CONFIG_MAP && config->types->first)
        return config->types->first->text;
    return config->type;
}

static int find_types(struct source *source, struct map_config *config,
                      const struct config_node *node, struct diag *diag)
{
    _cleanup_(cleanup_btf__free) struct btf *btf = NULL;
    struct map_state *state = source->state;
    struct error error = {0};
    int result = 0;

    if (!config->ring.types_from && !config->ring.layout) {
        result = open_map(state, config, &error);
        if (result == 0) {
            result = kernel_map_btf(state->fd, first_type(&config->ring), &error, &btf);
            if (result < 0)
                error_hint(&error, "set types_from: to a file with the types of its records, or "
                                   "describe them in layout:");
        }
    }
    if (result < 0) {
        diag_add_error(diag, config_map_get(node, "map"), &error);
        return result;
    }
    return stream_types_find(&(struct type_origin){.ring = state->name, .btf = btf}, &config->ring,
                             source->name, source->streams, diag);
}

static int map_open(struct source *source, const struct config_node *node, struct diag *diag)
{
    struct map_config *config = source->config;
    struct map_state *state = source->state = calloc(1, sizeof(*state));
    const char *slash = strrchr(config->map, '/');
    int result;

    source->streams = state ? streams_new(1) : NULL;
    if (!source->streams) {
        diag_add(diag, node, "out of memory");
        return -ENOMEM;
    }
    source->n_streams = 1;
    source->if_silent = "ringmill observe MAP shows whether programs write into its ring";
    source->streams->name = state->name = slash && slash[1] ? slash + 1 : config->map;
    source->streams->counted = config->ring.lost != NULL;
    state->fd = state->lost_fd = state->lost.fd = -1;
    config->ring.node = node;
    result = ring_config_check(&config->ring, diag);
    if (config->ring.ring_size > 0) {
        diag_add(diag, config_map_get(node, "ring_size"),
                 "the size of an existing ring cannot be changed; remove ring_size");
        result = -EINVAL;
    }
    return result < 0 ? result : find_types(source, config, node, diag);
}

static void map_close(struct source *source)
{
    struct map_state *state = source->state;

    if (!state)
        return;
    lost_stop(&state->lost);
    shards_close(&state->shards);
    if (state->fd >= 0)
        close(state->fd);
    if (state->lost_fd >= 0)
        close(state->lost_fd);
    free(state);
}

/* ---- load ------------------------------------------------------------------------------------ */

static int describe(int fd, struct bpf_map_info *ret_info, struct error *error)
{
    uint32_t size = sizeof(*ret_info);

    memset(ret_info, 0, sizeof(*ret_info));
    if (bpf_obj_get_info_by_fd(fd, ret_info, &size) < 0)
        return error_set(error, -errno, "cannot read the properties of the map: %s",
                         strerror(errno));
    return 0;
}

static int open_shards(struct map_state *state, struct stream *stream, struct error *error)
{
    struct bpf_map_info info;
    int result = describe(state->fd, &info, error);

    if (result < 0)
        return result;
    if (info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || info.type == BPF_MAP_TYPE_HASH_OF_MAPS)
        result = shards_open(&state->shards, state->fd, error);
    else
        result = shards_borrow(&state->shards, &state->fd, 1, error);
    if (result == 0)
        result = describe(state->shards.fds[0], &info, error);
    if (result < 0)
        return result;
    if (info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
        return error_set(error, -EINVAL,
                         "map \"%s\" is a perf event array, whose rings belong to the process that "
                         "opened them; load its object here with object:",
                         info.name);
    if (info.type != BPF_MAP_TYPE_RINGBUF) {
        const char *type = libbpf_bpf_map_type_str(info.type);

        return error_set(
            error, -EINVAL,
            "map \"%s\" is of type %s; expected a ring buffer, or a map of ring buffers", info.name,
            type ? type : "unknown to libbpf");
    }
    stream->n_rings = state->shards.n;
    stream->ring_size = info.max_entries;
    return 0;
}

static int refuse_busy(const struct bpf_map_info *ring, const struct holder *holder,
                       struct error *error)
{
    return error_set(error, -EBUSY,
                     "ring \"%s\" (id:%u) already has a consumer: process %d (%s); stop it, or "
                     "only observe the ring: ringmill observe id:%u",
                     ring->name, ring->id, (int)holder->pid, holder->comm, ring->id);
}

/* If the kernel cannot be asked, only open fds are known, and those prove nothing: the process that
 * writes the records has one, too. */
static int check_holders(const struct source *source, int fd, struct error *error)
{
    struct holders holders;
    struct bpf_map_info info;
    int result = describe(fd, &info, error);

    if (result < 0)
        return result;
    if (holder_find(info.id, &holders) < 0)
        return 0;
    for (size_t i = 0; i < holders.count; i++) {
        const struct holder *holder = &holders.list[i];

        if (holder->kind == HOLDER_CONSUMES && holder->pid != getpid())
            return refuse_busy(&info, holder, error);
        if (holder->kind == HOLDER_POSSIBLE && holder->pid != getpid())
            log_about(LOG_LEVEL_WARNING, "source", source->name,
                      "cannot find out whether another process consumes the ring; process %d (%s) "
                      "has it open",
                      (int)holder->pid, holder->comm);
    }
    return 0;
}

static int start_lost(struct map_state *state, const char *what, struct error *error)
{
    int result;

    if (!what)
        return 0;
    result = existing_map_open(what, true, error, &state->lost_fd);
    if (result == 0)
        result = lost_from_map(state->lost_fd, error, &state->lost);
    if (result == 0)
        result = lost_start(&state->lost, state->lost_fd, error);
    if (result < 0)
        error_prefix(error, "lost: %s", what);
    return result;
}

static int map_load(struct source *source, struct error *error)
{
    const struct map_config *config = source->config;
    struct map_state *state = source->state;
    int result = open_map(state, config, error);

    if (result == 0)
        result = open_shards(state, source->streams, error);
    for (uint32_t i = 0; i < state->shards.n && result == 0; i++)
        result = check_holders(source, state->shards.fds[i], error);
    return result < 0 ? result : start_lost(state, config->ring.lost, error);
}

static int map_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count)
{
    struct map_state *state = source->state;

    (void)stream;
    return lost_read(&state->lost, source->name, ret_count);
}

static int map_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                         struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    const struct map_config *config = source->config;
    const struct map_state *state = source->state;
    struct ringmill_ring_options options = {.size = sizeof(options), .recheck = config->recheck};

    (void)stream;
    return ringmill_ring_open(state->shards.fds[ring], &options, reason, ret_ring);
}

const struct source_kind source_map = {
    .name = "map",
    .settings = map_settings,
    .config_size = sizeof(struct map_config),
    .ring_settings = ring_settings,
    .ring_offset = offsetof(struct map_config, ring),
    .open = map_open,
    .close = map_close,
    .load = map_load,
    .lost = map_lost,
    .open_ring = map_open_ring,
};
