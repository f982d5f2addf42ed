// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names with their dots and indexes: fields, and the names of enum values. */

#include "expr/operand.h"

/* node is a NODE_NAME. 0, or -EINVAL with the error filled. */
int path_resolve(struct compile *compile, const struct node *node,
                 const struct operand_context *context, struct operand *ret);

/* Finds the field of a NODE_NAME without an error message; in an array the offset is that of
 * element 0. False: there is no such field. */
bool path_field(const struct compile *compile, const struct node *node, const struct field **ret);
