// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What holder.bpf.c prints and daemon/ring/holder.c reads. */

struct holder_line {
    unsigned int map_id;
    int pid;
    unsigned int writable; /* 1: the consumer position is mapped for writing: a consumer */
    char comm[16];
};
