// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Fields that another field decides about: the arms of a union, what a count counts, addresses of
 * either family. They go into a register at once, by loops that ask for each record, so that the
 * loops of all other fields need not ask. */

#include "expr/operand.h"

/* After operand_of_field(): copies what place.field points to, since the schema may go, and loads
 * the value of such a field. 0, -EINVAL or -ENOMEM. */
int conditional_settle(struct compile *compile, struct operand *operand);
