// SPDX-License-Identifier: Apache-2.0
#pragma once

/* In a time namespace (unshare --time, some containers) the clocks of a process differ from those
 * that BPF programs read, by what /proc/self/timens_offsets says. */

#include <stdint.h>

/* How many ns the process's clocks are ahead of the kernel's; 0 where there are no time
 * namespaces. */
struct time_offsets {
    int64_t monotonic;
    int64_t boottime;
};

/* Of this process. 0; -EXDEV: it cannot be found out, because the process is in another namespace
 * than its children will be, of which alone the kernel tells; another -errno. */
int time_namespace_offsets(struct time_offsets *ret);

/* Reads the text of /proc/self/timens_offsets. 0 or -EINVAL. */
int time_namespace_parse(const char *text, struct time_offsets *ret);
