// SPDX-License-Identifier: Apache-2.0
#include "sink/rotation.h"

#include "base/clock.h"

/* The next multiple of rotate_every after now. */
static int64_t next_time(const struct file_config *config, int64_t now)
{
    int64_t every = (int64_t)config->rotate_every, next;
    int64_t passed = every > 0 ? now % every : 0;

    if (passed < 0)
        passed += every;
    return every == 0 || __builtin_add_overflow(now - passed, every, &next) ? INT64_MAX : next;
}

void rotation_begin(struct rotation *rotation, const struct file_config *config)
{
    *rotation = (struct rotation){.config = config, .at = next_time(config, clock_realtime())};
}

bool rotation_check(struct rotation *rotation, uint64_t size, size_t more)
{
    const struct file_config *config = rotation->config;
    int64_t now = clock_realtime();

    if (size == 0)
        return false;
    if (now < rotation->at - (int64_t)config->rotate_every)
        rotation->at = next_time(config, now);
    return (config->rotate_size > 0 && size + more > config->rotate_size) ||
           (config->rotate_events > 0 && rotation->events >= config->rotate_events) ||
           now >= rotation->at;
}

size_t rotation_room(const struct rotation *rotation, enum framing framing, const char *bytes,
                     size_t size)
{
    int64_t room = rotation->config->rotate_events - rotation->events;
    size_t taken = 0, length;

    if (rotation->config->rotate_events == 0)
        return size;
    while (room-- > 0 && (length = framing_next(framing, bytes + taken, size - taken)) > 0)
        taken += length;
    return taken > 0 ? taken : size;
}

void rotation_count(struct rotation *rotation, enum framing framing, const char *bytes, size_t size)
{
    if (rotation->config->rotate_events > 0)
        rotation->events += framing_count(framing, bytes, size);
}
