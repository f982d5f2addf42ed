// SPDX-License-Identifier: Apache-2.0
#include "sink/sink_kinds.h"

#include <string.h>

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
