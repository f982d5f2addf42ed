// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Hooks in running code: tracepoints, functions of the kernel and of programs, and the clock. */

#include "source/hook.h"

extern const struct hook hook_tracepoint;
extern const struct hook hook_raw_tracepoint;
extern const struct hook hook_kprobe;
extern const struct hook hook_uprobe;
extern const struct hook hook_usdt;
extern const struct hook hook_perf;
/* Programs whose section name is complete, and that libbpf attaches by it. */
extern const struct hook hook_btf_tracepoint;
extern const struct hook hook_function;
extern const struct hook hook_lsm;
