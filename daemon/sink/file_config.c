// SPDX-License-Identifier: Apache-2.0
#include "sink/file_config.h"

#include <errno.h>
#include <stddef.h>

static const struct setting_choice sync_choices[] = {
    {"never", SYNC_NEVER},
    {"rotate", SYNC_ROTATE},
    {"interval", SYNC_INTERVAL},
    {"chunk", SYNC_CHUNK},
    {0},
};

static const struct setting_choice compress_choices[] = {
    {"none", COMPRESS_NONE},
    {"zstd", COMPRESS_ZSTD},
    {0},
};

const struct setting file_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct file_config, path),
        .required = true,
        .doc = "the file to append to",
    },
    {
        .name = "rotate_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct file_config, rotate_size),
        .minimum = 4096,
        .doc = "rotate when the file reaches this size (default: no limit)",
    },
    {
        .name = "rotate_every",
        .type = SETTING_DURATION,
        .offset = offsetof(struct file_config, rotate_every),
        .minimum = INT64_C(1000000000),
        .doc = "rotate at each multiple of this interval of the wall clock (UTC)",
    },
    {
        .name = "rotate_events",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct file_config, rotate_events),
        .minimum = 1,
        .maximum = INT64_C(1000000000000),
        .doc = "rotate after this many events were written since the file was opened",
    },
    {
        .name = "keep",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct file_config, keep),
        .minimum = 1,
        .maximum = 1000000,
        .doc = "number of rotated files to keep; the oldest are deleted (default: keep all)",
    },
    {
        .name = "compress",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct file_config, compress),
        .fallback = "none",
        .choices = compress_choices,
        .doc = "compression of rotated files",
    },
    {
        .name = "fsync",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct file_config, fsync),
        .fallback = "never",
        .choices = sync_choices,
        .doc = "when to sync to disk; chunk: before events count as delivered",
    },
    {
        .name = "fsync_interval",
        .type = SETTING_DURATION,
        .offset = offsetof(struct file_config, fsync_interval),
        .minimum = INT64_C(10000000),
        .fallback = "1s",
        .doc = "time between syncs with fsync: interval",
    },
    {0},
};

bool file_config_rotates(const struct file_config *config)
{
    return config->rotate_size > 0 || config->rotate_every > 0 || config->rotate_events > 0;
}

int file_config_check(const void *config, enum framing framing, struct error *error,
                      const char **ret_key)
{
    const struct file_config *file = config;

    (void)framing;
    *ret_key = file->keep > 0 ? "keep" : "compress";
    if (!file_config_rotates(file) && (file->keep > 0 || file->compress != COMPRESS_NONE))
        return error_set(
            error, -EINVAL,
            "%s has no effect without rotation; add rotate_size, rotate_every or rotate_events",
            *ret_key);
    return 0;
}
