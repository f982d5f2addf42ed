// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef CHOICES_H
#define CHOICES_H
#include <linux/types.h>

#define CHOICES_WIDE
#define CHOICES_VERSION 3
#undef CHOICES_NARROW

#if 0
struct choices { this is not C, it isn't };
#endif

struct choices {
    __u32 always;
#ifdef CHOICES_WIDE
    __u64 wide;
#else
    __u32 narrow;
#endif
#if defined(CHOICES_NARROW) || CHOICES_VERSION < 2
    __u8 old;
#elif CHOICES_VERSION >= 3 && !defined CHOICES_NARROW
    __u8 new_one;
#endif
#ifndef CHOICES_NARROW
    /* #else in a comment */
    char text[5];
#endif
};
#endif
