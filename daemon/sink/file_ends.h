// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How an existing file begins and ends. A file that cannot be read counts as right. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/file_place.h"

/* Whether a file of `size` bytes, at least 1, ends with a partial line. */
bool file_ends_midway(const struct file_place *place, off_t size);

/* Whether the file begins with something else than `header`, as with other CSV columns. */
bool file_has_other_header(const struct file_place *place, const char *header);
