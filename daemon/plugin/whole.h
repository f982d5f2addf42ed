// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether a shared object is all there: the dynamic linker maps what its headers promise, and where
 * the file ends before that, as after an installation that broke off, the process gets SIGBUS. */

#include "base/error.h"

/* 0, also for what is not an ELF file, which the linker itself refuses. Else -EINVAL or what the
 * kernel said, and a sentence. */
int whole_check(const char *path, struct error *error);
