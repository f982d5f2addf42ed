// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once
#include <linux/types.h>

struct nested_header {
#define NESTED_OPEN  1
#define NESTED_CLOSE 2
    __u8 kind;
    __u8 flags : 4, level : 4;
    __u16 length;
};

struct nested {
    struct nested_header header;
    union {
        struct {
            __u64 inode;
            __s32 fd;
        };
        __u8 raw[20];
    };
    struct {
        __u16 port;
        __u32 address;
    } ends[2];
    enum { NESTED_IN, NESTED_OUT } direction;
    __u32 n_values;
    __u64 values[];
};
