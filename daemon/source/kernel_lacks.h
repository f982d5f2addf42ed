// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the running kernel does not have of what an object needs, as far as that can be known
 * without loading it: hooks, and functions that programs call. */

#include <stdbool.h>
#include <stdint.h>

#include "source/object.h"

enum { KERNEL_LACKS_MAX = 256 };

struct kernel_lacks;

/* Opens what the kernel says of itself. NULL: nothing can be known. */
struct kernel_lacks *kernel_lacks_new(void);
/* Accepts NULL. */
void kernel_lacks_free(struct kernel_lacks *kernel);

/* Writes what a program's hook lacks, as in "that tracepoint". False: nothing is known to be
 * missing. */
bool kernel_lacks_hook(const struct kernel_lacks *kernel, const struct object_program *program,
                       char text[KERNEL_LACKS_MAX]);

/* Writes what the kernel lacks of a helper function, as in "the helper function bpf_loop()". False:
 * it has it, or that is not known. */
bool kernel_lacks_helper(const struct kernel_lacks *kernel, int32_t helper,
                         char text[KERNEL_LACKS_MAX]);
