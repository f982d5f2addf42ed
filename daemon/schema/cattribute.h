// SPDX-License-Identifier: Apache-2.0
#pragma once

/* __attribute__((packed, aligned(8))), _Alignas(8), and the kernel's __packed and __aligned(8). */

#include "schema/cparse.h"

enum { CATTRIBUTE_ALIGN_MAX = 4096 }; /* bytes that an attribute can ask for */

struct cattributes {
    bool is_packed;
    uint32_t align; /* 0: none */
};

/* Whether the token looked at begins an attribute. */
bool cattribute_is_next(const struct cparser *parser);

/* All attributes from here on, added to those that are there. */
int cattribute_read(struct cparser *parser, struct cattributes *attributes);

/* The larger alignment, and packed if either is. */
struct cattributes cattribute_join(struct cattributes a, struct cattributes b);
