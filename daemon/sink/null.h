// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Accepts everything and keeps nothing. Delivered: always. */

#include "sink/sink.h"

extern const struct sink_ops sink_null;
