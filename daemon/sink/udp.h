// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One event a datagram. Delivered: accepted by this kernel; nobody knows what becomes of it. */

#include "sink/sink.h"

extern const struct sink_ops sink_udp;
