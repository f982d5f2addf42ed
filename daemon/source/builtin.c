// SPDX-License-Identifier: Apache-2.0

/* Of bpftool's skeletons only the embedded ELF is used: a built-in program then goes the same way
 * as any object that a user brings, and its field names come out of its BTF like theirs. */

#include "source/builtin.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <string.h>

#include "config/refusal.h"
#include "connect.skel.h"
#include "exec.skel.h"
#include "exit.skel.h"
#include "open.skel.h"
#include "schema/btf.h"
#include "schema/meaning.h"
#include "signal.skel.h"
#include "source/kind.h"
#include "source/object.h"
#include "source/ring_config.h"

const struct builtin builtins[] = {
    {"exec", "struct exec_event", "programs started", exec_bpf__elf_bytes},
    {"exit", "struct exit_event", "processes ended", exit_bpf__elf_bytes},
    {"open", "struct open_event", "files opened, or not", open_bpf__elf_bytes},
    {"connect", "struct connect_event", "TCP connections, each change of state",
     connect_bpf__elf_bytes},
    {"signal", "struct signal_event", "signals sent", signal_bpf__elf_bytes},
    {0},
};

const struct builtin *builtin_find(const char *name)
{
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        if (strcmp(builtin->name, name) == 0)
            return builtin;
    return NULL;
}

struct builtin_config {
    const char *builtin;
    uint64_t ring_size; /* 0: as the program has it */
};

static const struct setting builtin_settings[] = {
    {
        .name = "builtin",
        .type = SETTING_NAME,
        .offset = offsetof(struct builtin_config, builtin),
        .required = true,
        .doc = "a program that ringmill brings along: exec, exit, open, connect, signal",
    },
    {
        .name = "ring_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct builtin_config, ring_size),
        .minimum = RING_SIZE_MIN,
        .maximum = RING_SIZE_MAX,
        .doc = "bytes of the ring, a power of two; the default is the program's own",
    },
    {0},
};

static int refuse_name(const struct config_node *config, const char *name, struct diag *diag)
{
    struct refusal refusal;

    refusal_init(&refusal, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        refusal_offer(&refusal, builtin->name);
    diag_add(diag, config_map_get(config, "builtin"), "unknown built-in source; %s",
             refusal_text(&refusal));
    return -EINVAL;
}

static int open_object(struct source *source, const struct builtin *builtin, uint64_t ring_size,
                       struct error *error)
{
    size_t size;
    const void *elf = builtin->elf(&size);
    struct object *object;
    struct stream *stream;
    int result = object_open(builtin->name, elf, size, error, &object);

    if (result < 0)
        return result;
    source->state = object;
    source->streams = stream = streams_new(1);
    if (!stream)
        return error_set(error, -ENOMEM, "out of memory");
    source->n_streams = 1;
    if (ring_size > 0)
        object_set_ring_size(object, (uint32_t)ring_size);
    stream->name = "events";
    stream->ring_size = object_ring_size(object);
    stream->types->source_name = source->name;
    stream->counted = true;
    result = schema_from_btf(object_btf(object), builtin->type_name, error, &stream->types->schema);
    return result < 0 ? result : meaning_apply(stream->types->schema, NULL, 0, error, NULL);
}

static int builtin_open(struct source *source, const struct config_node *config, struct diag *diag)
{
    const struct builtin_config *bound = source->config;
    const struct builtin *builtin = builtin_find(bound->builtin);
    int result = ring_config_check_size(config, bound->ring_size, diag);
    struct error error;

    if (!builtin)
        result = refuse_name(config, bound->builtin, diag);
    if (result < 0)
        return result;
    result = open_object(source, builtin, bound->ring_size, &error);
    if (result < 0)
        diag_add(diag, config, "%s", error.text);
    return result;
}

static void builtin_close(struct source *source)
{
    object_free(source->state);
}

static int builtin_load(struct source *source, struct error *error)
{
    return object_load(source->state, error);
}

static int builtin_attach(struct source *source, struct error *error)
{
    return object_attach(source->state, error);
}

static void builtin_detach(struct source *source)
{
    object_detach(source->state);
}

static int builtin_lost(const struct source *source, uint32_t stream, uint64_t *ret_lost)
{
    (void)stream;
    return object_lost(source->state, ret_lost);
}

static int builtin_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
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
    result = ringmill_ring_open(object_ring_fd(source->state), &options, &reason, ret_ring);
    return result < 0 ? error_set(error, result, "%s", reason.text) : 0;
}

static const char *builtin_program(const struct source *source, uint32_t index)
{
    return object_program(source->state, index);
}

const struct source_kind source_builtin = {
    .name = "builtin",
    .settings = builtin_settings,
    .config_size = sizeof(struct builtin_config),
    .open = builtin_open,
    .close = builtin_close,
    .load = builtin_load,
    .attach = builtin_attach,
    .detach = builtin_detach,
    .lost = builtin_lost,
    .open_ring = builtin_open_ring,
    .program = builtin_program,
};
