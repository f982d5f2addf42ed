// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One event per datagram. Delivered: accepted by this kernel; UDP does not confirm arrival. */

#include "sink/sink.h"

extern const struct sink_ops sink_udp;
