// SPDX-License-Identifier: Apache-2.0

/* A plug-in of a later version, of whose table nothing but the version can be read. */

#include <ringmill/handler.h>

RINGMILL_EXPORT const struct ringmill_handler ringmill_handler_table = {
    .abi = RINGMILL_HANDLER_ABI + 1, .name = (const char *)1};
