// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* The table of who started whom that the built-in sources of one daemon share. It makes no records.
 * See lineage.bpf.h. */

#include "ringmill.bpf.h"

#include "lineage_feed.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
