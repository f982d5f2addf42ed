// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#define AS_IT_IS       __attribute__((__packed__))
#define ON_A_LINE      __attribute__((aligned(64)))
#define attribute_byte unsigned char

struct attributes_part {
    attribute_byte tag;
    unsigned long long value;
} AS_IT_IS;

struct attributes {
    attribute_byte tag;
    struct attributes_part parts[2];
    int counter ON_A_LINE;
    attribute_byte tail[];
};

#endif
