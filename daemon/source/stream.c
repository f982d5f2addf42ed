// SPDX-License-Identifier: Apache-2.0

/* Only memory management; the kind of the source fills a stream. */

#include "source/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "capture/capture.h"

struct stream *streams_new(uint32_t count)
{
    struct stream *streams = calloc(count, sizeof(*streams));

    for (uint32_t i = 0; streams && i < count; i++) {
        streams[i].n_rings = 1;
        if (stream_set_types(&streams[i], 1) < 0) {
            streams_free(streams, count);
            return NULL;
        }
    }
    return streams;
}

void streams_free(struct stream *streams, uint32_t count)
{
    if (!streams)
        return;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < streams[i].n_types; j++)
            schema_free(streams[i].types[j].schema);
        free(streams[i].types);
    }
    free(streams);
}

bool stream_knows_lost(const struct stream *stream)
{
    return stream->counted || stream->numbered ||
           (stream->capture && !capture_lost_unknown(stream->capture));
}

int stream_set_types(struct stream *stream, uint32_t count)
{
    struct stream_type *types = calloc(count, sizeof(*types));

    if (!types)
        return -ENOMEM;
    free(stream->types);
    stream->types = types;
    stream->n_types = count;
    return 0;
}
