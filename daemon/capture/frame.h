// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The 8 bytes in front of everything in a capture. */

#include <stdint.h>

#include "capture/format.h"
#include "ring/layout.h"

struct frame {
    uint32_t length; /* and flags, as in a ring */
    uint32_t tag;    /* of a record: its type; of the others: enum capture_control */
};

/* Bytes after a frame up to the end of its line. */
enum { FRAME_ROOM = CAPTURE_LINE - (int)sizeof(struct frame) };

static inline struct frame frame_record(uint32_t tag, uint32_t length)
{
    return (struct frame){length, tag};
}

/* How many bytes `length` bytes are padded to, so that they and their frame fill cache lines. */
static inline uint32_t frame_padded(uint32_t length)
{
    uint32_t size = length + (uint32_t)sizeof(struct frame);

    return (size + CAPTURE_LINE - 1) / CAPTURE_LINE * CAPTURE_LINE - (uint32_t)sizeof(struct frame);
}

/* length: frame_padded() of what is to follow. */
static inline struct frame frame_control(enum capture_control kind, uint32_t length)
{
    return (struct frame){length | LAYOUT_DISCARD, kind};
}
