// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* filter: EXPRESSION keeps the records for which the condition holds. */
extern const struct handler_ops filter_ops;
