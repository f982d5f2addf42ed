// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/* Each thread has its own capabilities, and a new thread starts with its creator's. The calls act
 * on the calling thread alone; those that change something only ever give up: 0 or -errno. */

/* What loading, attaching and adopting BPF programs takes: for the loader thread. */
int capabilities_keep_loader(void);

/* Whether the calling thread may load and attach BPF programs of all kinds. */
bool capabilities_allow_bpf(void);

/* What looking at other processes takes: for the thread that opens their files in /proc. */
int capabilities_keep_ptrace(void);

/* None at all: for every other thread. */
int capabilities_drop(void);
