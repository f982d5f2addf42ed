// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The daemon's state as JSON, as docs/openapi.yaml describes it. Main thread only. */

#include <jansson.h>

#include "control/reload.h"
#include "control/server.h"
#include "control/watch.h"

/* All of it, from the watch's last snapshot; reload may be NULL. The caller owns the object; NULL
 * when out of memory.
 */
json_t *status_json(const struct watch *watch, const struct server *server,
                    const struct reload *reload);

/* {"healthy": false, "checks": [{"name": "sinks", "good": false, "reason": "..."}, ...]}. */
json_t *status_health_json(const struct health *health);
