// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What makes an event known again when it comes twice, and differs from all others':
 *
 *     6f1c8a5e-...-3d1b40c6a2f7-exec-12.40960
 *     this run of the kernel    |    |  the record's position in its ring
 *                               |    the id of the ring's map, which no other map has had since
 *                               the source
 *
 * A ring made again has another map, so its positions, which begin at 0 again, are not repeats. */

/* All but the last two. Characters of source other than letters, digits, _ - and . become _. The
 * caller frees it; NULL: out of memory. */
char *event_id_new(const char *source);
