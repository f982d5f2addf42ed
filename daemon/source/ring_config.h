// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config says about one ring. */

#include <stdint.h>

#include "config/diag.h"
#include "config/node.h"

#define RING_SIZE_MIN INT64_C(4096)      /* the smallest page of any machine */
#define RING_SIZE_MAX (INT64_C(2) << 30) /* the kernel's own limit */

/* entry is the map that has the key `ring_size`. 0, or -EINVAL after a message. */
int ring_config_check_size(const struct config_node *entry, uint64_t bytes, struct diag *diag);
