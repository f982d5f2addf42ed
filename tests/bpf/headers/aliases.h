// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef ALIASES_H
#define ALIASES_H
#include <linux/types.h>

#define aliases_u64  unsigned long long
#define ALIASES_NAME ALIASES_NAME
typedef __u16 aliases_port;
typedef aliases_port aliases_pair[2];
enum { ALIASES_NAME = 3, ALIASES_MORE };

typedef struct aliases aliases_t;
struct aliases {
    aliases_u64 first;
    aliases_pair ports, others;
    aliases_t *next;
    void (*call)(aliases_t *self);
    char texts[ALIASES_NAME][ALIASES_MORE];
};

extern int aliases_print(const aliases_t *self), aliases_count;
#endif
