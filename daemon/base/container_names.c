// SPDX-License-Identifier: Apache-2.0
#include "base/container_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const int64_t ns_per_second = 1000000000;

/* What the files said about one container. */
struct slot {
    char key[CONTAINER_ID_MAX + CONTAINER_UID_MAX + 2];
    int64_t read; /* when; 0: never */
    struct container_state state;
};

struct container_names {
    const char *root;
    struct slot slots[CONTAINERS_MAX];
};

struct container_names *container_names_new(const char *root)
{
    struct container_names *names = calloc(1, sizeof(*names));

    if (names)
        names->root = root;
    return names;
}

void container_names_free(struct container_names *names)
{
    free(names);
}

static struct slot *slot_of(struct container_names *names, const struct container_path *path)
{
    char key[sizeof(names->slots[0].key)];
    uint32_t hash = 2166136261;
    struct slot *slot;

    memset(key, 0, sizeof(key));
    memcpy(key, path->id, strlen(path->id));
    memcpy(key + strlen(path->id) + 1, path->pod_uid, strlen(path->pod_uid));
    for (size_t i = 0; i < sizeof(key); i++)
        hash = (hash ^ (unsigned char)key[i]) * 16777619;
    slot = &names->slots[hash % CONTAINERS_MAX];
    if (memcmp(slot->key, key, sizeof(key)) != 0) {
        memset(slot, 0, sizeof(*slot));
        memcpy(slot->key, key, sizeof(key));
    }
    return slot;
}

static bool is_empty(const struct container_state *state)
{
    return !state->pod[0] && !state->name[0] && !state->image[0] && !state->is_virtual_machine;
}

static const struct container_state *state_of(struct container_names *names,
                                              const struct container_path *path, int64_t now)
{
    struct slot *slot = slot_of(names, path);
    struct container_state fresh;
    int64_t keep = is_empty(&slot->state) ? CONTAINER_NAMES_RETRY_S : CONTAINER_NAMES_KEEP_S;

    if (slot->read != 0 && now - slot->read < keep * ns_per_second)
        return &slot->state;
    container_state_read(names->root, path, &fresh);
    if (!is_empty(&fresh) || is_empty(&slot->state))
        slot->state = fresh;
    slot->read = now;
    return &slot->state;
}

/* ---- single names ---------------------------------------------------------------------------- */

static int give(const char *text, size_t length, char *name)
{
    if (!text || length == 0 || length > CONTAINER_TEXT_MAX)
        return -ENOENT;
    memcpy(name, text, length);
    return (int)length;
}

static int give_text(const char *text, char *name)
{
    return give(text, text ? strlen(text) : 0, name);
}

/* What the path says for good: units, and that there is no container. */
static bool by_path(const struct container_path *path, enum container_name which, char *name,
                    int *ret)
{
    switch (which) {
    case CONTAINER_NAME_UNIT:
        *ret = give(path->unit, path->unit_length, name);
        return true;
    case CONTAINER_NAME_USER_UNIT:
        *ret = give(path->user_unit, path->user_unit_length, name);
        return true;
    case CONTAINER_NAME_SLICE:
        *ret = give(path->slice, path->slice_length, name);
        return true;
    case CONTAINER_NAME_POD_UID:
        *ret = give_text(path->pod_uid, name);
        return path->pod_uid[0];
    case CONTAINER_NAME_ID:
        *ret = give_text(path->id, name);
        return path->id[0] && !path->is_machine;
    case CONTAINER_NAME_RUNTIME:
        *ret = give_text(container_runtime_name(path->runtime), name);
        return path->runtime != CONTAINER_UNKNOWN;
    default:
        return false;
    }
}

static int by_state(const struct container_path *path, const struct container_state *state,
                    enum container_name which, char *name)
{
    if (state->is_virtual_machine)
        return -ENOENT;
    switch (which) {
    case CONTAINER_NAME_RUNTIME:
        return give_text(container_runtime_name(state->runtime), name);
    case CONTAINER_NAME_ID:
        return give_text(path->id, name);
    case CONTAINER_NAME_POD_UID:
        return give_text(state->pod_uid, name);
    case CONTAINER_NAME_POD:
        return give_text(state->pod, name);
    case CONTAINER_NAME_NAMESPACE:
        return give_text(state->namespace, name);
    case CONTAINER_NAME_CONTAINER:
        return give_text(state->name, name);
    default:
        return give_text(state->image, name);
    }
}

static int find_by_path(const struct container_path *parts, enum container_name which, char *name,
                        bool *ret_final)
{
    int r = -ENOENT;

    *ret_final = by_path(parts, which, name, &r) || (!parts->id[0] && !parts->pod_uid[0]);
    return r;
}

int container_names_by_path(enum container_name which, const char *path, uint32_t length,
                            char *name, bool *ret_final)
{
    struct container_path parts;

    container_path_read(path, length, &parts);
    return find_by_path(&parts, which, name, ret_final);
}

int container_names_find(struct container_names *names, enum container_name which, const char *path,
                         uint32_t length, int64_t now, char *name, bool *ret_final)
{
    struct container_path parts;
    int r;

    container_path_read(path, length, &parts);
    r = find_by_path(&parts, which, name, ret_final);
    return *ret_final ? r : by_state(&parts, state_of(names, &parts, now), which, name);
}
