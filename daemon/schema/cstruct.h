// SPDX-License-Identifier: Apache-2.0
#pragma once

/* struct and union, with or without a body. */

#include "schema/cparse.h"

enum {
    CSTRUCT_MEMBERS_MAX = 4096, /* of one struct */
    CSTRUCT_BITS_MAX = 64,      /* of a bitfield */
};

/* Reads from the keyword to after the body, the attributes there included. */
int cstruct_read(struct cparser *parser, struct ctype **ret_type);
