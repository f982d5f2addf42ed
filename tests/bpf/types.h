// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Structs of all kinds, for types.bpf.c and for the tests, whose compiler knows where each member
 * must be. */

#include <linux/types.h>

enum color { RED = 3, GREEN = 1, BLUE = 7 };
enum verdict { DROP = -1, PASS = 1 };
enum big { BIG_LOW = 5, BIG_HIGH = 1ULL << 40 };
enum tiny { TINY_ONE = 1, TINY_LAST = 200 } __attribute__((packed));

typedef unsigned int level1;
typedef const level1 level2;
typedef volatile level2 level3;
typedef level3 level4;

struct host {
    __u32 addr;
    __u16 ports[2];
};

typedef struct {
    __u16 x;
    __u16 y;
} point;

struct everything {
    __u64 ts;
    __s8 s8;
    __u16 u16;
    __s64 s64;
    _Bool truth;
    enum color color;
    enum verdict verdict;
    enum big big;
    enum tiny tiny;
    float narrow;
    double wide;
    __int128 huge;
    level4 deep;
    char comm[16];
    __u8 mac[6];
    __u8 raw[5];
    __s8 numbers[3];
    char names[2][8];
    __u16 grid[2][3];
    struct host hosts[3];
    point place;
    union {
        __u32 saddr;
        __u8 saddr_v6[16];
        struct {
            __u64 low;
            __u64 high;
        };
    };
    struct {
        __u8 inner;
        union {
            __u16 either;
            __u8 other;
        };
    };
    union {
        __u32 whole;
        __u16 half;
    } choice;
    const struct host *pointer;
    void (*function)(int number);
    struct hidden *hidden;
    __u16 tail[];
};

struct bits {
    __u32 low : 3;
    __s32 sign : 7;
    _Bool flag : 1;
    enum color color : 4;
    __u8 : 2;
    __u64 wide : 40;
    __u16 plain;
    enum verdict verdict : 2;
    __u32 whole : 32;
};

struct tight {
    __u8 first;
    __u64 second;
    __u32 low : 3;
    __u64 straddles : 60;
    struct host host;
    char text[];
} __attribute__((packed));

struct flow {
    __u64 ts;
    __u32 pid;
};

struct drop {
    __u64 ts;
    enum color why;
};

/* Known to DWARF only: nothing but a local of the program is one. */
struct local {
    __u64 ts;
    enum big big;
    char name[8];
};
