// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Two sinks as a forward sees them: real lanes, and the test as their writer thread. A third one
 * has no format, as a sink whose own config is wrong. */

#include "base/lane.h"
#include "encode/json.h"
#include "unit/record/support.h"

struct exits {
    struct handler_host host;
    struct waker waker;
    struct lane lanes[2];
    struct outlet outlets[3];
};

static inline const struct outlet *find_exit(const struct handler_host *host,
                                             const struct config_node *name, struct diag *diag)
{
    const struct exits *exits = (const struct exits *)host;

    for (int i = 0; i < 3; i++)
        if (strcmp(exits->outlets[i].sink_name, name->text) == 0)
            return &exits->outlets[i];
    diag_add(diag, name, "no such exit");
    return NULL;
}

static inline void ignore_room(void *data)
{
    (void)data;
}

static inline void exits_init(struct exits *exits)
{
    static const char *const names[] = {"one", "two", "broken"};

    memset(exits, 0, sizeof(*exits));
    exits->host =
        (struct handler_host){.schema = &note_schema, .source_name = "notes", .outlet = find_exit};
    assert_int_equal(waker_init(&exits->waker), 0);
    for (int i = 0; i < 3; i++) {
        exits->outlets[i].sink_name = names[i];
        if (i == 2)
            continue;
        assert_int_equal(
            lane_init(&exits->lanes[i], BATCH_MAX, 4, LANE_BLOCK, &exits->waker, ignore_room, NULL),
            0);
        exits->outlets[i].format = &json_encoder_ops;
        exits->outlets[i].lane = &exits->lanes[i];
    }
}

static inline void exits_deinit(struct exits *exits)
{
    for (int i = 0; i < 2; i++)
        lane_deinit(&exits->lanes[i]);
    waker_deinit(&exits->waker);
}
