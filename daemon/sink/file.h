// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sink/sink.h"

/* Appends to a file, which is made with mode 0640 if it is not there. Acknowledged: written into
 * the page cache. */
extern const struct sink_ops sink_file;
