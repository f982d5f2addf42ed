// SPDX-License-Identifier: Apache-2.0

/* The registry: a new kind of sink is a file pair and a row here. */

#include "sink/sink.h"

#include <string.h>

#include "sink/capture_sink.h"
#include "sink/file.h"
#include "sink/journal_sink.h"
#include "sink/null.h"
#include "sink/stdout.h"
#include "sink/syslog.h"
#include "sink/table_sink.h"
#include "sink/tcp.h"
#include "sink/udp.h"
#include "sink/unix.h"

const struct sink_ops *const sink_kinds[] = {
    &sink_stdout, &sink_table,  &sink_file,    &sink_capture, &sink_unix, &sink_tcp,
    &sink_udp,    &sink_syslog, &sink_journal, &sink_null,    NULL,
};

const struct sink_ops *sink_find(const char *name)
{
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}
