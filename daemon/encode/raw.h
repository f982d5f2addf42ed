// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records as they are in the ring, each after its length:
 *
 *     u32 length, little-endian | the record's bytes              tag: false
 *     u32 length                | u8 n | n bytes of tag | bytes   tag: true; length counts all
 *                                                                 after itself
 *
 * The tag is the source's name, with :TYPE after it where the source has several types. So a sink
 * without tags takes records of one type only. A loss is written only with tags: its tag is the
 * source's and :!lost, its bytes are three u64, little-endian: records, since, until (both
 * CLOCK_MONOTONIC, ns). What handlers have added to a record is not in its bytes.
 *
 * The bytes are those of the struct, in the machine's byte order, and not aligned: copy them. */

#include "encode/encoder.h"

extern const struct encoder_ops raw_encoder_ops;
