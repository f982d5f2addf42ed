// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Hooks in the network's way: XDP and TC on interfaces, and cgroups. Interfaces are those of this
 * process's network namespace. */

#include "source/hook.h"

extern const struct hook hook_xdp;
extern const struct hook hook_tc;
extern const struct hook hook_cgroup;
