// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Runs a plan over one record. */

#include "base/clock.h"
#include "base/resolver.h"
#include "encode/json_plan.h"
#include "record/batch.h"

/* What a run needs besides its plan; owned by the encoder's thread. */
struct json_state {
    const struct wall_offset *wall;
    struct clock_stamper stamper;
    struct resolver_port *names; /* NULL: the plan has no PRINT_NAME */
};

/* Writes the event of the view of that index. Returns the byte behind it, or NULL when it does not
 * fit; never touches end. */
char *json_run(const struct json_plan *plan, struct json_state *state, const struct batch *batch,
               uint32_t index, char *at, const char *end);

/* "2026-11-22T22:16:40.123456789Z" of a CLOCK_MONOTONIC time, with its quotes; null for 0. */
char *json_put_ktime(struct json_state *state, char *at, const char *end, uint64_t ktime);
