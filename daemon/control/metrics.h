// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The daemon's state as metrics. Names and units are stable; labels are bounded by the config:
 * names of sources, pipelines, sinks and handlers, and words of ours. Main thread only. */

#include <stdbool.h>

#include "control/server.h"
#include "control/watch.h"

#define METRICS_TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TYPE_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct evbuffer;

/* Adds all metrics of the watch's last snapshot, in the Prometheus text format 0.0.4, or as
 * OpenMetrics 1.0. 0 or -ENOMEM. */
int metrics_write(const struct watch *watch, const struct server *server, bool open,
                  struct evbuffer *out);
