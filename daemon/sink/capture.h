// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sink/sink.h"

/* A capture file: the records as they were in the ring, with what is needed to read them again; see
 * docs/capture-format.md. One that is there already goes on. Acknowledged: written into the page
 * cache, with its checksum. */
extern const struct sink_ops sink_capture;
