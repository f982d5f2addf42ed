// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef __SHARED_H
#define __SHARED_H

/* Both sides include it. */
#ifdef __bpf__
#include <linux/types.h>
typedef __u32 shared_id;
#else
#include <stdint.h>
typedef uint64_t shared_id;
#endif

typedef struct {
    shared_id id;
    unsigned char bytes[3];
    short number;
} __attribute__((packed)) shared;

#endif
