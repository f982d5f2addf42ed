// SPDX-License-Identifier: Apache-2.0
#pragma once

/* All kinds of sinks. What "delivered" means for each is in the table of docs/sinks.md. A kind is
 * the file NAME.c, or NAME_sink.c if another folder has a NAME.c. */

#include "sink/sink.h"

extern const struct sink_ops sink_stdout;
extern const struct sink_ops sink_table;
extern const struct sink_ops sink_file;
extern const struct sink_ops sink_capture;
extern const struct sink_ops sink_unix;
extern const struct sink_ops sink_tcp;
extern const struct sink_ops sink_udp;
extern const struct sink_ops sink_syslog;
extern const struct sink_ops sink_journal;
extern const struct sink_ops sink_null;

/* NULL-ended, for lookups, error messages and manuals. */
extern const struct sink_ops *const sink_kinds[];

/* The kind of that name; NULL: there is none. */
const struct sink_ops *sink_find(const char *name);
