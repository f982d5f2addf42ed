// SPDX-License-Identifier: Apache-2.0

/* A plug-in that looks at records as they lie in the ring: lets those pass that have bytes. */

#include <ringmill/handler.h>

static int open_views(const struct ringmill_handler_host *host,
                      const struct ringmill_option_value *options, void **ret_state)
{
    (void)host;
    (void)options;
    *ret_state = NULL;
    return 0;
}

static void process_views(void *state, struct ringmill_records *batch)
{
    (void)state;
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->views[batch->indexes[i]].length == 0)
            ringmill_drop(batch, batch->indexes[i]);
}

RINGMILL_EXPORT const struct ringmill_handler ringmill_handler_table = {
    .abi = RINGMILL_HANDLER_ABI,
    .flags = RINGMILL_READS_VIEWS,
    .name = "views",
    .doc = "lets records with bytes pass",
    .open = open_views,
    .process = process_views,
};
