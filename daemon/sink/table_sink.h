// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Rows of windows on standard output: on a terminal a table that is refreshed in place, elsewhere
 * one table after the other. */

#include "sink/sink.h"

extern const struct sink_ops sink_table;
