// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/handler.h"

/* tee: {handlers: [...]} sends a copy of each record through a branch of its own; the record itself
 * goes on as if nothing had happened. */
extern const struct handler_ops tee_ops;
