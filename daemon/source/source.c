// SPDX-License-Identifier: Apache-2.0

/* Config to object to schema. Nothing here needs privileges until source_load(), so a config can be
 * checked in full by anybody. */

#include "source/source.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/refusal.h"
#include "config/setting.h"
#include "schema/btf.h"
#include "source/builtin.h"
#include "source/object.h"

#define RING_SIZE_MAX (INT64_C(2) << 30) /* the kernel's own limit */

struct source_config {
    const char *builtin;
    uint64_t ring_size; /* 0: as the program has it */
};

static const struct setting source_settings[] = {
    {
        .name = "builtin",
        .type = SETTING_NAME,
        .offset = offsetof(struct source_config, builtin),
        .required = true,
        .doc = "a program that ringmill brings along: exec, exit, open, connect, signal",
    },
    {
        .name = "ring_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct source_config, ring_size),
        .minimum = 4096,
        .maximum = RING_SIZE_MAX,
        .doc = "bytes of the ring, a power of two; the default is the program's own",
    },
    {0},
};

DEFINE_CLEANUP(struct source, source_free);

static int refuse_builtin(const struct config_node *config, const char *name, struct diag *diag)
{
    struct refusal refusal;

    refusal_init(&refusal, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        refusal_offer(&refusal, builtin->name);
    diag_add(diag, config_map_get(config, "builtin"), "unknown built-in source; %s",
             refusal_text(&refusal));
    return -EINVAL;
}

static int check_ring_size(const struct config_node *config, uint64_t bytes, struct diag *diag)
{
    if ((bytes & (bytes - 1)) == 0 && bytes % (uint64_t)sysconf(_SC_PAGESIZE) == 0)
        return 0;
    diag_add(diag, config_map_get(config, "ring_size"),
             "a ring's size must be a power of two and a multiple of the page size, such as 4MiB");
    return -EINVAL;
}

/* The usual case: one ring, one type. */
static int make_stream(struct source *source)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        return -ENOMEM;
    source->streams = stream;
    source->n_streams = 1;
    stream->types = calloc(1, sizeof(*stream->types));
    if (!stream->types)
        return -ENOMEM;
    stream->name = "events";
    stream->n_types = 1;
    stream->n_rings = 1;
    stream->types->source_name = source->name;
    return 0;
}

static void free_streams(struct source *source)
{
    for (uint32_t i = 0; i < source->n_streams; i++) {
        struct stream *stream = &source->streams[i];

        for (uint32_t j = 0; j < stream->n_types; j++)
            schema_free(stream->types[j].schema);
        free(stream->types);
    }
    free(source->streams);
}

static int open_builtin(struct source *source, const struct builtin *builtin, uint64_t ring_size,
                        struct error *error)
{
    size_t size;
    const void *elf = builtin->elf(&size);
    int result = object_open(builtin->name, elf, size, error, &source->object);

    if (result == 0)
        result = make_stream(source);
    if (result == 0)
        result = schema_from_btf(object_btf(source->object), builtin->type_name, error,
                                 &source->streams->types->schema);
    if (result == 0 && ring_size > 0)
        object_set_ring_size(source->object, (uint32_t)ring_size);
    return result;
}

int source_open(const struct config_node *config, struct diag *diag, struct source **ret)
{
    _cleanup_(cleanup_source_free) struct source *source = calloc(1, sizeof(*source));
    const struct builtin *builtin;
    struct source_config bound;
    struct error error;
    int result;

    if (!source)
        return -ENOMEM;
    source->name = config->key;
    if (setting_bind(source_settings, config, &bound, diag) > 0)
        return -EINVAL;
    result = check_ring_size(config, bound.ring_size, diag);
    builtin = builtin_find(bound.builtin);
    if (!builtin)
        result = refuse_builtin(config, bound.builtin, diag);
    if (result < 0)
        return result;
    result = open_builtin(source, builtin, bound.ring_size, &error);
    if (result < 0) {
        diag_add(diag, config, "%s", error.text);
        return result;
    }
    *ret = TAKE_PTR(source);
    return 0;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    free_streams(source);
    object_free(source->object);
    free(source);
}

int source_load(struct source *source, struct error *error)
{
    int result = object_load(source->object, error);

    if (result < 0)
        error_prefix(error, "source %s", source->name);
    return result;
}

int source_attach(struct source *source, struct error *error)
{
    int result = object_attach(source->object, error);

    if (result < 0)
        error_prefix(error, "source %s", source->name);
    return result;
}

void source_detach(struct source *source)
{
    object_detach(source->object);
}

int source_lost(const struct source *source, uint64_t *ret_lost)
{
    return object_lost(source->object, ret_lost);
}

int source_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                     struct error *error, struct ringmill_ring **ret_ring)
{
    struct ringmill_ring_options options = {
        .size = sizeof(options),
        .flags = RINGMILL_RING_NO_LOCK, /* nobody else knows a ring that we have just made */
        .recheck = RINGMILL_OFF,        /* our own programs never use BPF_RB_NO_WAKEUP */
    };
    struct ringmill_error reason;
    int result;

    (void)stream;
    (void)ring;
    result = ringmill_ring_open(object_ring_fd(source->object), &options, &reason, ret_ring);
    if (result < 0)
        return error_set(error, result, "source %s: %s", source->name, reason.text);
    return 0;
}
