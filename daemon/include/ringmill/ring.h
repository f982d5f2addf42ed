// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

/* One sample, where the kernel wrote it. */
struct ringmill_view {
    const void *data;  /* the sample: its first byte is 8-byte aligned; never written through */
    uint32_t length;   /* bytes of sample, exactly as reserved; 0 is possible */
    uint32_t reserved; /* 0 */
    uint64_t position; /* of the record's header, in bytes since the ring was made (wraps at 2^64) */
};
