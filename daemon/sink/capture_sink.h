// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sink/sink.h"

/* A capture file: raw records as in the ring, with what is needed to read them later; see
 * docs/capture-format.md. An existing file is continued. Acknowledged: written into the page cache,
 * with its checksum. */
extern const struct sink_ops sink_capture;
