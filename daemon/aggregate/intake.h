// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An aggregate's process(): see record/handler.h. */

#include "record/handler.h"

void intake_process(struct handler *handler, struct batch *batch);
