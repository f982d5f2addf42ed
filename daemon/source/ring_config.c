// SPDX-License-Identifier: Apache-2.0

/* Keys that contradict each other are refused here, once for all kinds of sources. */

#include "source/ring_config.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

const struct setting ring_settings[] = {
    {
        .name = "type",
        .type = SETTING_NAME,
        .offset = offsetof(struct ring_config, type),
        .doc = "type of the records, as in struct event",
    },
    {
        .name = "select",
        .type = SETTING_NAME,
        .offset = offsetof(struct ring_config, select),
        .doc = "field that tells which of several types a record has",
    },
    {
        .name = "types",
        .type = SETTING_NODE,
        .offset = offsetof(struct ring_config, types),
        .doc = "the types, by the values or names of the select field",
    },
    {
        .name = "as",
        .type = SETTING_NODE,
        .offset = offsetof(struct ring_config, as),
        .doc = "meanings of fields, such as ipv4, by field name",
    },
    {
        .name = "types_from",
        .type = SETTING_PATH,
        .offset = offsetof(struct ring_config, types_from),
        .doc = "another file whose BTF or DWARF describes the types",
    },
    {
        .name = "layout",
        .type = SETTING_TEXT,
        .offset = offsetof(struct ring_config, layout),
        .minimum = 1,
        .maximum = 64 * 1024,
        .doc = "the types as C declarations",
    },
    {
        .name = "lost",
        .type = SETTING_NAME,
        .offset = offsetof(struct ring_config, lost),
        .doc = "map or global variable that counts lost records (default: NAME_lost)",
    },
    {
        .name = "sequence",
        .type = SETTING_NAME,
        .offset = offsetof(struct ring_config, sequence),
        .doc = "field that numbers the records; gaps are counted as losses",
    },
    {
        .name = "order",
        .type = SETTING_NAME,
        .offset = offsetof(struct ring_config, order),
        .doc = "timestamp field (ns since boot) by which the records of several shards are sorted",
    },
    {
        .name = "hold",
        .type = SETTING_DURATION,
        .offset = offsetof(struct ring_config, hold),
        .minimum = 1,
        .maximum = INT64_C(10) * 1000 * 1000 * 1000,
        .fallback = "1ms",
        .doc = "how long a record of one shard waits for earlier records of the others",
    },
    {
        .name = "ring_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct ring_config, ring_size),
        .minimum = RING_SIZE_MIN,
        .maximum = RING_SIZE_MAX,
        .doc = "ring size, a power of two (default: as compiled into the program; of a perf event "
               "array 256KiB for each CPU)",
    },
    {0},
};

const struct config_node *ring_config_at(const struct ring_config *config, const char *key)
{
    const struct config_node *entry = config_map_get(config->node, key);

    return entry ? entry : config->node;
}

/* The hint (NULL: none) is the value of the setting `setting`; or, if that is NULL, a sentence. */
static void refuse(const struct ring_config *config, const char *key, const char *what,
                   const char *setting, const char *hint, struct diag *diag)
{
    struct error error = {0};

    error_set(&error, -EINVAL, "%s", what);
    if (hint && setting)
        error_hint_setting(&error, setting, "%s", hint);
    else if (hint)
        error_hint(&error, "%s", hint);
    diag_add_error(diag, ring_config_at(config, key), &error);
}

int ring_config_check(const struct ring_config *config, struct diag *diag)
{
    size_t before = diag_count(diag);

    if ((config->ring_size & (config->ring_size - 1)) != 0 ||
        config->ring_size % (uint64_t)sysconf(_SC_PAGESIZE) != 0)
        refuse(config, "ring_size",
               "the ring size must be a power of two and a multiple of the page size, such as 4MiB",
               NULL, NULL, diag);
    if (config->type && config->types)
        refuse(config, "type", "one type and several types cannot be used together", NULL,
               "remove type:, or select: and types:", diag);
    if (config->select && !config->types)
        refuse(config, "select", "the type for each value of this field is missing", "types",
               "{VALUE: TYPE}", diag);
    if (config->types && !config->select)
        refuse(config, "types", "the field that tells which type a record has is missing", "select",
               "FIELD", diag);
    if (!config->order && config_map_get(config->node, "hold"))
        refuse(config, "hold", "has no effect without \"order\"", NULL, NULL, diag);
    return diag_count(diag) > before ? -EINVAL : 0;
}
