// SPDX-License-Identifier: Apache-2.0
#pragma once

/* RFC 5424 over a local socket, UDP (RFC 5426) or TCP with octet counting (RFC 6587). The message
 * is the event in the sink's format. Delivered: accepted by this kernel; see connection.h. */

#include "sink/sink.h"

extern const struct sink_ops sink_syslog;
