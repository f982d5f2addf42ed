// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a main() does before anything else: gives the descriptors 0, 1 and 2 an owner if they are
 * closed, and raises the limit of open files to what is allowed. */
void process_setup(void);
