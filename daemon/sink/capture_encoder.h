// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Encodes records for a capture: the bytes of the sample unchanged, framed as in a ring. Each
 * encoder writes the description of its type before its first record, and clock records in between,
 * so that encoders may share a lane in any order. A config cannot name this format: only the sink
 * `capture` uses it. */

#include "encode/encoder.h"

extern const struct encoder_ops capture_encoder_ops;
