// SPDX-License-Identifier: Apache-2.0
#include "source/argument_examples.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/elf_functions.h"
#include "source/object.h"

enum { VALUE_BYTES = 256, LIBRARY_PATH_BYTES = 4096 };

/* Groups of keys of which any one is enough. */
static const struct group {
    uint32_t keys;
    const char *key;
    const char *value;
} groups[] = {
    {HOOK_INTERFACE, "interface", "eth0"},
    {HOOK_DIRECTION, "direction", "ingress"},
    {HOOK_CGROUP, "cgroup", "/sys/fs/cgroup/system.slice"},
    {HOOK_BINARY | HOOK_PID, "binary", "/usr/bin/bash"},
    {HOOK_SYMBOL | HOOK_OFFSET, "symbol", "readline"},
    {HOOK_USDT, "usdt", "\"provider:name\""},
    {HOOK_PERF, "perf", "99"},
    {HOOK_TRACEPOINT, "tracepoint", "sched/sched_switch"},
    {HOOK_ELEMENTS, "elements", "connections"},
    {HOOK_TARGET, "target", "/sys/fs/bpf/dispatcher"},
    {HOOK_NETFILTER, "netfilter", "ipv4/input"},
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

/* ---- what is missing ------------------------------------------------------------------------- */

uint32_t argument_key(const struct setting *setting)
{
    return 1U << (setting - hook_settings);
}

const char *arguments_list_keys(uint32_t keys, const char *between, char text[ARGUMENT_KEYS_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct setting *setting = hook_settings; setting->name && used < ARGUMENT_KEYS_MAX;
         setting++)
        if (keys & argument_key(setting))
            used += (size_t)snprintf(text + used, ARGUMENT_KEYS_MAX - used, "%s\"%s\"",
                                     used ? between : "", setting->name);
    return text;
}

void arguments_list_needs(uint32_t missing, char needs[PROGRAM_NEEDS_MAX])
{
    needs[0] = '\0';
    for (size_t i = 0; i < GROUPS; i++) {
        size_t used = strlen(needs);
        char keys[ARGUMENT_KEYS_MAX];

        if (!(missing & groups[i].keys))
            continue;
        arguments_list_keys(missing & groups[i].keys, " or ", keys);
        snprintf(needs + used, PROGRAM_NEEDS_MAX - used, "%s%s", used ? ", and " : "", keys);
    }
}

/* ---- examples -------------------------------------------------------------------------------- */

static bool has_function(const char *binary, const char *pattern)
{
    _cleanup_(cleanup_free) uint64_t *offsets = NULL;
    char path[LIBRARY_PATH_BYTES];
    uint32_t count;

    return elf_functions_locate(binary, path, sizeof(path), NULL) == 0 &&
           elf_functions_find(path, pattern, NULL, &offsets, &count) == 0;
}

/* The function that the section name has, without the binary and the offset. */
static void read_symbol(const struct hook_arguments *arguments, char symbol[VALUE_BYTES])
{
    const char *rest = hook_section_rest(arguments->section);
    const char *colon = rest ? strrchr(rest, ':') : NULL;

    snprintf(symbol, VALUE_BYTES, "%s",
             arguments->symbol      ? arguments->symbol
             : colon                ? colon + 1
             : rest && *rest != '/' ? rest
                                    : "");
    symbol[strcspn(symbol, "+")] = '\0';
}

/* A program or library that has the function. */
static const char *find_binary(const struct hook_arguments *arguments)
{
    static const char *const likely[] = {"/usr/bin/bash", "libc.so.6", "libssl.so.3",
                                         "libpthread.so.0"};
    char symbol[VALUE_BYTES];

    read_symbol(arguments, symbol);
    for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++)
        if (!*symbol || has_function(likely[i], symbol))
            return likely[i];
    return "FILE";
}

/* A function of the binary that the config or the section name has. */
static const char *find_symbol(const struct hook_arguments *arguments)
{
    static const char *const likely[] = {"readline", "malloc", "main"};
    const char *rest = hook_section_rest(arguments->section);
    const char *binary = arguments->binary ? arguments->binary : rest && *rest == '/' ? rest : NULL;

    for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++)
        if (!binary || has_function(binary, likely[i]))
            return likely[i];
    return "FUNCTION";
}

bool arguments_can_iterate(const struct bpf_map *map)
{
    switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
        return !bpf_map__is_internal(map);
    default:
        return false;
    }
}

static const char *find_elements(const struct object *object)
{
    const struct bpf_map *map;

    bpf_object__for_each_map(
        map, object->plan) if (arguments_can_iterate(map)) return bpf_map__name(map);
    return "MAP";
}

void arguments_list_examples(const struct object *object, const struct hook_arguments *arguments,
                             uint32_t missing, char text[ARGUMENT_EXAMPLES_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < GROUPS && used < ARGUMENT_EXAMPLES_MAX; i++) {
        const char *value = groups[i].value;

        if (!(missing & groups[i].keys))
            continue;
        if (groups[i].keys & HOOK_BINARY)
            value = find_binary(arguments);
        else if (groups[i].keys & HOOK_SYMBOL)
            value = find_symbol(arguments);
        else if (groups[i].keys & HOOK_ELEMENTS)
            value = find_elements(object);
        used += (size_t)snprintf(text + used, ARGUMENT_EXAMPLES_MAX - used, "%s%s: %s",
                                 used ? ", " : "", groups[i].key, value);
    }
}
