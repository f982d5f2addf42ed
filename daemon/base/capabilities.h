// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Each thread has its own capabilities, and a new thread starts with its creator's. Both calls act
 * on the calling thread alone and only ever give up. 0 or -errno. */

/* What loading, attaching and adopting BPF programs takes: for the loader thread. */
int capabilities_keep_loader(void);

/* None at all: for every other thread. */
int capabilities_drop(void);
