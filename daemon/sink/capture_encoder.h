// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records as a capture has them: the sample's bytes as they are, framed as in a ring. Each encoder
 * puts the description of its type before its first record, and clock records in between, so that
 * encoders may share a lane in any order. It is no format that a config can name: only the sink
 * `capture` can make a file of it. */

#include "encode/encoder.h"

extern const struct encoder_ops capture_encoder_ops;
