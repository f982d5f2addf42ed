// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Code runs inside the daemon only if no user but root can change or replace its file. */

#include "base/error.h"

/* 0 when the path is absolute, without symbolic links, a regular file, and it and all folders above
 * it belong to root and can be written by nobody else. Else -EPERM, or what the kernel said, and a
 * sentence. */
int trust_check(const char *path, struct error *error);
