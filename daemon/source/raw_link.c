// SPDX-License-Identifier: Apache-2.0

#include "source/raw_link.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int raw_link_create(const struct raw_link *link)
{
    struct raw_link attributes = *link; /* the kernel sets descriptors close-on-exec */
    int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes));

    return fd < 0 ? -errno : fd;
}
