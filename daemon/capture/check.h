// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether a type's description from a file is one that a schema may be made of. */

#include "base/error.h"
#include "capture/format.h"

/* The arrays have the sizes that head says. 0 when every text is inside and ends, every field has a
 * size that its kind can have and lies within what it is a member of, and the fields are a tree of
 * at most CAPTURE_DEPTH_MAX levels. -EBADMSG and a sentence otherwise. */
int capture_check_type(const struct capture_type_head *head, const struct capture_field *fields,
                       const struct capture_name *names, const char *texts, struct error *error);
