// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Runs a plan over one record. JSON has a loop of its own, in which nothing asks for the format. */

#include "base/clock.h"
#include "base/resolver.h"
#include "encode/encode_plan.h"
#include "record/batch.h"

/* What a run needs besides its plan; owned by the encoder's thread. */
struct record_print_state {
    const struct wall_offset *wall;
    struct clock_stamper stamper;
    struct resolver_port *names; /* NULL: the plan has no PRINT_NAME */
    char *room;                  /* room_size bytes for lists; NULL: the plan has none in quotes */
    size_t room_size;
};

/* Writes the event of the view of that index. Returns the byte after it, or NULL when it does not
 * fit; never touches end. The plan's style is one of JSON's. */
char *record_print_json(const struct encode_plan *plan, struct record_print_state *state,
                        const struct batch *batch, uint32_t index, char *at, const char *end);
/* As record_print_json(), for all other styles. */
char *record_print_other(const struct encode_plan *plan, struct record_print_state *state,
                         enum quoting quoting, const struct batch *batch, uint32_t index, char *at,
                         const char *end);

/* 2026-11-22T22:16:40.123456789Z of a CLOCK_MONOTONIC time, with its quotes; null for 0. */
char *record_print_ktime(struct record_print_state *state, enum quoting quoting, char *at,
                         const char *end, uint64_t ktime);
