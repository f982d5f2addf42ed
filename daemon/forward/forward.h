// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

enum { FORWARD_OUTLETS_MAX = 16 };

/* forward: SINK, or a list of sinks: encodes each record in place into every sink's lane. What
 * comes next in the pipeline still sees the record. */
extern const struct handler_ops forward_ops;
