// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sink/sink.h"

/* The daemon's standard output. Acknowledged: accepted by the kernel. A reader that goes away ends
 * the daemon, as it ends any program in a shell's pipeline. */
extern const struct sink_ops sink_stdout;

/* Checks that standard output can be written to. 0, or a negative errno and a sentence. */
int stdout_check(struct error *error);
