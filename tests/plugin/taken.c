// SPDX-License-Identifier: Apache-2.0

/* A plug-in with the name of a handler that there is. */

#include <ringmill/handler.h>

static int open_nothing(const struct ringmill_handler_host *host,
                        const struct ringmill_option_value *options, void **ret_state)
{
    (void)host;
    (void)options;
    (void)ret_state;
    return 0;
}

static void process_nothing(void *state, struct ringmill_records *batch)
{
    (void)state;
    (void)batch;
}

RINGMILL_EXPORT const struct ringmill_handler ringmill_handler_table = {
    .abi = RINGMILL_HANDLER_ABI,
    .name = "filter",
    .doc = "does nothing",
    .open = open_nothing,
    .process = process_nothing,
};
