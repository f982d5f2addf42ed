// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once
#include <linux/types.h>

#define MAX(a, b)       ((a) > (b) ? (a) : (b))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LOG(fmt, ...) \
    do {              \
        (void)(fmt);  \
    } while (0)

enum function_kind { FUNCTION_NONE, FUNCTION_ONE = 10, FUNCTION_TWO };

#ifdef __bpf__
#define FILE_OF_LIBC void
#endif
struct functions;
int functions_handle(void *ctx, const struct functions *event, FILE_OF_LIBC *more);
extern unsigned functions_seen;

static inline __attribute__((always_inline)) int functions_add(int a, int b)
{
    const char *brace = "}"; /* } */

    if (a > b) {
        LOG("%s", brace);
        return a - brace[0];
    }
    return a + b;
}

struct functions {
    enum function_kind kind;
    __s32 values[4];
    __u8 last;
};

static inline struct functions *functions_next(struct functions *event)
{
    return event + 1;
}
