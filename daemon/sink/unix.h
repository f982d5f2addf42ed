// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A unix socket: stream, datagram or seqpacket. Delivered: accepted by the kernel; see connection.h
 * for what is sent again after an outage. */

#include "sink/sink.h"

extern const struct sink_ops sink_unix;
