// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the tables of a built-in program had no room for or forgot before its time, such as the
 * process of a socket: counted by bpf/forgotten.bpf.h. */

#include <stdint.h>

struct object;

/* On the loader thread. 0, or -ENOTSUP if the object is not loaded or has no such table. */
int forgotten_read(const struct object *object, uint64_t *ret_forgotten);
