// SPDX-License-Identifier: Apache-2.0

/* The kernel tells the offsets of the namespace that the children of a process will be in. That is
 * its own unless it has called unshare(2) itself, or its parent has and then started it by exec(2)
 * alone, before Linux 6.3. */

#include "base/time_namespace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* PROC_TIME_INIT_INO: the namespace that the kernel begins with. */
static const ino_t initial_inode = 0xEFFFFFFA;

int time_namespace_parse(const char *text, struct time_offsets *ret)
{
    struct time_offsets offsets = {0};

    while (*text) {
        int64_t seconds, ns;
        char clock[16];
        int length = 0;

        if (sscanf(text, "%15s %" SCNd64 " %" SCNd64 " %n", clock, &seconds, &ns, &length) != 3 ||
            __builtin_mul_overflow(seconds, 1000000000, &seconds) ||
            __builtin_add_overflow(seconds, ns, &seconds))
            return -EINVAL;
        if (strcmp(clock, "monotonic") == 0)
            offsets.monotonic = seconds;
        else if (strcmp(clock, "boottime") == 0)
            offsets.boottime = seconds;
        text += length;
    }
    *ret = offsets;
    return 0;
}

static int read_offsets(struct time_offsets *ret)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen("/proc/self/timens_offsets", "re");
    char text[256];

    if (!file)
        return -errno;
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    return time_namespace_parse(text, ret);
}

int time_namespace_offsets(struct time_offsets *ret)
{
    struct stat own, of_children;

    *ret = (struct time_offsets){0};
    if (stat("/proc/self/ns/time", &own) < 0 || own.st_ino == initial_inode)
        return 0;
    if (stat("/proc/self/ns/time_for_children", &of_children) < 0)
        return -errno;
    return own.st_ino == of_children.st_ino ? read_offsets(ret) : -EXDEV;
}
