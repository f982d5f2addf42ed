// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef GUARDED_H
#define GUARDED_H

#include "numbers.h" /* only the compiler reads it */
#include <linux/types.h>

#define COMM_LEN 16
#define PATH_LEN 64u /* bytes */

struct guarded {
    __u64 ts;
    __u32 pid;
    char comm[COMM_LEN];
    char path[PATH_LEN];
};

#endif /* GUARDED_H */
