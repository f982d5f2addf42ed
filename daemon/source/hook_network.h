// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Hooks of the network: XDP and TC on interfaces, and cgroups. Interfaces are those of the network
 * namespace of this process. */

#include "source/hook.h"

extern const struct hook hook_xdp;
extern const struct hook hook_tc;
extern const struct hook hook_cgroup;
