// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An aggregate's make() and due(): see record/handler.h. */

#include "record/handler.h"

bool output_make(struct handler *handler, int64_t now, bool last, struct batch *batch);
int64_t output_due(const struct handler *handler);
