// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A TCP connection. Delivered: accepted by this kernel; see connection.h for what is sent again
 * after an outage. */

#include "sink/sink.h"

extern const struct sink_ops sink_tcp;
