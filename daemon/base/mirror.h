// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Memory that is mapped twice in a row, so that whatever goes round in it lies in one piece:
 *
 *     bytes [ 0 ............ size ) [ size ......... 2 * size )
 *             the same pages          once more */

#include <stddef.h>

struct mirror {
    char *bytes;
    size_t size;
};

/* size is rounded up to whole pages; they take memory once they are written to. 0, or -errno. */
int mirror_init(struct mirror *mirror, size_t size);

/* Gives the memory back; accepts a zeroed one. */
void mirror_deinit(struct mirror *mirror);
