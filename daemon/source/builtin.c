// SPDX-License-Identifier: Apache-2.0

/* Only the embedded ELF of bpftool's skeletons is used: a built-in program is then handled like any
 * object of a user, and its field names come from its BTF. */

#include "source/builtin.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <string.h>

#include "base/suggestion.h"
#include "connect.skel.h"
#include "exec.skel.h"
#include "exit.skel.h"
#include "open.skel.h"
#include "signal.skel.h"
#include "source/kind.h"
#include "source/object.h"
#include "source/object_rings.h"
#include "source/object_source.h"
#include "source/own_rings.h"
#include "source/takeover.h"

const struct builtin builtins[] = {
    {"exec", "struct exec_event", "programs started",
     "start a program in another terminal: /bin/true", exec_bpf__elf_bytes},
    {"exit", "struct exit_event", "processes ended",
     "start a program in another terminal: /bin/true", exit_bpf__elf_bytes},
    {"open", "struct open_event", "files opened, and failed attempts to open",
     "open a file: cat /etc/hostname", open_bpf__elf_bytes},
    {"connect", "struct connect_event", "TCP connections, each state change",
     "make a TCP connection: curl http://localhost/", connect_bpf__elf_bytes},
    {"signal", "struct signal_event", "signals sent", "send a signal in a shell: kill -CONT $$",
     signal_bpf__elf_bytes},
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
    struct ring_config ring; /* its size only */
    struct keep_config keep;
};

static const struct setting builtin_settings[] = {
    {
        .name = "builtin",
        .type = SETTING_NAME,
        .offset = offsetof(struct builtin_config, builtin),
        .required = true,
        .doc = "a BPF program that comes with ringmill: exec, exit, open, connect or signal",
    },
    {
        .name = "ring_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct builtin_config, ring.ring_size),
        .minimum = RING_SIZE_MIN,
        .maximum = RING_SIZE_MAX,
        .doc = "ring size, a power of two (default: as compiled into the program)",
    },
    {0},
};

static int refuse_name(const struct config_node *config, const char *name, struct diag *diag)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        suggestion_offer(&suggestion, builtin->name);
    diag_add(diag, config_map_get(config, "builtin"), "unknown built-in source \"%s\"; %s", name,
             suggestion_words(&suggestion));
    return -EINVAL;
}

/* Each of its programs may be missing: not every architecture has every system call. */
static int open_object(struct source *source, const struct builtin *builtin, struct error *error)
{
    struct object_source *state = source->state = object_source_new();
    size_t size;
    const void *elf = builtin->elf(&size);
    int result;

    if (!state)
        return error_set(error, -ENOMEM, "out of memory");
    state->keep = &((const struct builtin_config *)source->config)->keep;
    state->recheck = RINGMILL_OFF; /* our own programs never use BPF_RB_NO_WAKEUP */
    result = object_open(source->name, elf, size, error, &state->object);
    if (result < 0)
        return result;
    state->object->quiet = true;
    for (uint32_t i = 0; i < state->object->n_programs; i++)
        state->object->programs[i].optional = true;
    return 0;
}

static int builtin_open(struct source *source, const struct config_node *config, struct diag *diag)
{
    struct builtin_config *bound = source->config;
    const struct builtin *builtin = builtin_find(bound->builtin);
    struct error error;
    int result;

    bound->ring.node = config;
    result = ring_config_check(&bound->ring, diag);
    if (!builtin)
        result = refuse_name(config, bound->builtin, diag);
    if (result < 0)
        return result;
    source->if_silent = builtin->if_silent;
    bound->ring.type = builtin->type_name;
    result = open_object(source, builtin, &error);
    if (result < 0) {
        diag_add_error(diag, config, &error);
        return result;
    }
    if (keep_check(&bound->keep, ((struct object_source *)source->state)->object, config, diag) < 0)
        return -EINVAL;
    keep_enter(&bound->keep, source);
    result = object_rings_choose(source->state, NULL, &bound->ring, diag);
    return result < 0 ? result : object_source_make_streams(source, config, diag);
}

const struct source_kind source_builtin = {
    .name = "builtin",
    .settings = builtin_settings,
    .config_size = sizeof(struct builtin_config),
    .keep_offset = offsetof(struct builtin_config, keep),
    .open = builtin_open,
    .close = object_source_close,
    .load = object_source_load,
    .attach = object_source_attach,
    .detach = object_source_detach,
    .leave = object_source_leave,
    .release = object_source_release,
    .follow = takeover_follow,
    .take_over = takeover_run,
    .undo = object_source_undo,
    .lost = object_source_lost,
    .skipped = object_source_skipped,
    .open_ring = own_rings_open,
    .ring_bounds = own_rings_bounds,
    .program = object_source_program,
};
