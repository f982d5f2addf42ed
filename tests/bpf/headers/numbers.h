// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef NUMBERS_H
#define NUMBERS_H

#define NUMBERS_SHIFT 4
#define NUMBERS_SIZE  (1 << NUMBERS_SHIFT)
#define NUMBERS_ALL   (NUMBERS_SIZE * 2 + 1)
#define NUMBERS_MODE  0x2

#if NUMBERS_ALL > 32 && (NUMBERS_MODE & 2)
#define NUMBERS_WORD unsigned long long
#elif defined(NUMBERS_SMALL)
#define NUMBERS_WORD unsigned char
#else
#error "no word"
#endif

struct numbers {
    NUMBERS_WORD word;
    char text[NUMBERS_ALL];
    unsigned short list[NUMBERS_SIZE / sizeof(unsigned short)];
    char rest[sizeof(NUMBERS_WORD) + 1];
};

#endif
