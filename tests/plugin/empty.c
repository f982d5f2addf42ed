// SPDX-License-Identifier: Apache-2.0

/* A shared object that is no plug-in. */

#include <ringmill/handler.h>

RINGMILL_EXPORT extern const int nothing_to_see;
const int nothing_to_see = 0;
