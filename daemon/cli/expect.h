// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Standard output compared with a file instead of being shown. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum { EXPECT_LINE_MAX = 200 }; /* bytes of a line that a message shows */

struct expect {
    const char *path;
    FILE *wanted;
    int pipe; /* its reading end; the writing one is standard output */
    pthread_t thread;
    /* the thread's until it is joined */
    uint64_t line; /* the one that is compared, from 1 */
    bool differs;
    char wanted_line[EXPECT_LINE_MAX + 1]; /* of the first difference */
    char line_there[EXPECT_LINE_MAX + 1];
};

/* From now on what goes to standard output is compared. 0, or -errno and a sentence. */
int expect_start(struct expect *expect, const char *path, struct error *error);
/* When nothing more will be written: 0, or -EBADMSG and a sentence about the first difference. */
int expect_finish(struct expect *expect, struct error *error);
