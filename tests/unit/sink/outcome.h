// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Calls a sink as the writer does; what it said of the last call is in `last`. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink/sink.h"

static enum sink_state last_state;
static struct sink_outcome last;

/* Returns how many bytes were taken, as last_state agrees. */
static inline size_t write_to(struct sink *sink, const char *bytes, size_t size)
{
    last = (struct sink_outcome){.due_ms = -1};
    last_state = sink->ops->write(sink, bytes, size, &last);
    assert_true(last.taken <= size);
    assert_true(last_state < SINK_WAITING || last.taken == 0);
    assert_true((last_state == SINK_WAITING || last_state == SINK_REFUSED) == (last.why != NULL));
    assert_true((last_state == SINK_REFUSED) == (last.refused > 0));
    return last.taken;
}

/* The sink cannot take anything now, for a reason that has this text in it. */
static inline void expect_waiting(struct sink *sink, const char *bytes, const char *why)
{
    write_to(sink, bytes, strlen(bytes));
    assert_int_equal(last_state, SINK_WAITING);
    if (!strstr(last.why, why))
        fail_msg("%s", last.why);
}

/* Returns in how many ms the next call is due. */
static inline int tend_to(struct sink *sink)
{
    last = (struct sink_outcome){.due_ms = -1};
    last_state = sink->ops->tend(sink, &last);
    return last.due_ms;
}

static inline int watched_fd(const struct sink *sink)
{
    struct pollfd fd = {.fd = -1};

    sink->ops->watch(sink, &fd);
    return fd.fd;
}
