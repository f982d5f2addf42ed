// SPDX-License-Identifier: Apache-2.0
#pragma once

/* enum, with or without a body. */

#include "schema/cparse.h"

/* Reads from the keyword to after the body, the attributes there included. */
int cenum_read(struct cparser *parser, struct ctype **ret_type);
