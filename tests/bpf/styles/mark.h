// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the objects here have in common: each is written the way one kind of author writes them, and
 * each makes one record of prctl(MARK, number, key), for the key that it was loaded with. A test
 * makes the call, and knows from the number what must be in the record. */

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#define MARK 0x726d /* no operation of prctl(): it fails, which does not matter */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 mark_key = 0;

struct mark_context {
    __u64 common;
    __s64 nr;
    __u64 arguments[6];
};

static __always_inline bool is_mark(const struct mark_context *context)
{
    return context->arguments[0] == MARK && context->arguments[2] == mark_key;
}

#define MARK_SECTION SEC("tracepoint/syscalls/sys_enter_prctl")
