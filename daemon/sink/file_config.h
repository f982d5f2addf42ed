// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The settings of a sink of type file. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/setting.h"
#include "encode/framing.h"

enum file_sync { SYNC_NEVER, SYNC_ROTATE, SYNC_INTERVAL, SYNC_CHUNK };
enum file_compress { COMPRESS_NONE, COMPRESS_ZSTD };

struct file_config {
    const char *path;
    uint64_t rotate_size;
    uint64_t rotate_every;
    int64_t rotate_events;
    int64_t keep;
    int compress;
    int fsync;
    uint64_t fsync_interval;
};

extern const struct setting file_settings[];

/* Whether the settings ask for rotation. */
bool file_config_rotates(const struct file_config *config);
/* Checks combinations of settings, as sink_ops.check does. */
int file_config_check(const void *config, enum framing framing, struct error *error,
                      const char **ret_key);
