// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the registers of a BPF object's programs hold at each call of a helper function, as far as
 * the instructions say it: constants, maps, places in the frame. Where two ways meet, a register
 * holds what it has on either; a static function gets what its callers give it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REGISTER_VALUES_MAX = 4,       /* that one register may have; with more it is unknown */
    REGISTER_ARGUMENTS = 5,        /* of a helper function */
    REGISTER_BLOCKS_MAX = 1 << 16, /* of an object; one with more is not read */
};

enum register_content {
    REGISTER_UNKNOWN,
    REGISTER_CONSTANT,
    REGISTER_MAP,   /* or an element of that map: an inner map, where it has some */
    REGISTER_FRAME, /* an address in the frame of its function */
};

struct register_value {
    enum register_content content;
    uint32_t count; /* of different values; 0: unknown */
    union {
        uint64_t constants[REGISTER_VALUES_MAX];
        const char *maps[REGISTER_VALUES_MAX]; /* names, valid during the call */
        int64_t offsets[REGISTER_VALUES_MAX];  /* from the frame pointer, negative */
    };
    uint64_t result_of; /* 1 + the address of the call that returned it; 0: none, or several */
};

struct helper_call {
    int32_t helper;       /* BPF_FUNC_... */
    const char *function; /* that makes the call; valid during the call; "": unknown */
    uint64_t address;     /* of the instruction, in its section */
    int64_t frame_depth;  /* the lowest place of the function's frame that it uses; 0: none */
    struct register_value arguments[REGISTER_ARGUMENTS];
};

/* Calls take for each call of a helper function that can be reached. False: the object is too
 * large, damaged, or there is no memory, so nothing is known of its calls. */
bool register_values_read(const void *elf, size_t size,
                          void (*take)(void *context, const struct helper_call *call),
                          void *context);
