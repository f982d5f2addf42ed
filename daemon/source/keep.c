// SPDX-License-Identifier: Apache-2.0

#include "source/keep.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>

#include "source/kept_store.h"
#include "source/object.h"
#include "source/source.h"

static const struct setting_choice modes[] = {
    {"none", KEEP_NONE},
    {"fdstore", KEEP_FDSTORE},
    {"pin", KEEP_PIN},
    {0},
};

static const struct setting_choice changes[] = {
    {"fresh", KEEP_FRESH},
    {"refuse", KEEP_REFUSE},
    {0},
};

const struct setting keep_settings[] = {
    {
        .name = "keep",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct keep_config, mode),
        .fallback = "none",
        .choices = modes,
        .doc = "where rings and attached programs are kept when the daemon ends: fdstore "
               "(systemd's file descriptor store) or pin (pinned files)",
    },
    {
        .name = "on_change",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct keep_config, on_change),
        .fallback = "fresh",
        .choices = changes,
        .doc = "if the kept programs differ from this config: replace them (fresh), or do not "
               "start (refuse)",
    },
    {
        .name = "pin_folder",
        .type = SETTING_PATH,
        .offset = offsetof(struct keep_config, pin_folder),
        .fallback = KEEP_PIN_FOLDER,
        .doc = "folder for keep: pin; must be on a file system of type bpf",
    },
    {0},
};

const struct kept_store *keep_store(const struct keep_config *config)
{
    switch ((enum keep_mode)config->mode) {
    case KEEP_FDSTORE:
        return &kept_store_fds;
    case KEEP_PIN:
        return &kept_store_pins;
    default:
        return NULL;
    }
}

void keep_enter(const struct keep_config *config, struct source *source)
{
    source->pin_folder = config->mode == KEEP_PIN ? config->pin_folder : NULL;
    source->ends_with_us = config->mode == KEEP_NONE;
}

static int refuse_alone(const struct config_node *node, const char *key, struct diag *diag)
{
    const struct config_node *entry = config_map_get(node, key);

    if (!entry)
        return 0;
    diag_add_key(diag, entry, "has no effect without keep: %s",
                 config_map_get(node, "keep") ? "pin" : "fdstore or keep: pin");
    return -EINVAL;
}

int keep_check(const struct keep_config *config, const struct object *object,
               const struct config_node *node, struct diag *diag)
{
    int result = 0;

    if (config->mode == KEEP_NONE)
        result |= refuse_alone(node, "on_change", diag);
    if (config->mode != KEEP_PIN)
        result |= refuse_alone(node, "pin_folder", diag);
    for (uint32_t i = 0; config->mode != KEEP_NONE && i < object->n_programs; i++) {
        const struct object_program *program = &object->programs[i];

        if (!program->chosen || !program->attach || !program->hook->unkeepable)
            continue;
        diag_add(diag, config_map_get(node, "keep"),
                 "program \"%s\" (%s) cannot be kept: it is %s, and %s; leave it out with "
                 "\"programs\", or set keep: none",
                 program->name, bpf_program__section_name(program->program), program->hook->what,
                 program->hook->unkeepable);
        result = -EINVAL;
    }
    return result < 0 ? -EINVAL : 0;
}
