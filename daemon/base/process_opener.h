// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Opens what /proc shows of other processes, which takes CAP_SYS_PTRACE. A thread of its own has
 * that capability and no other, and does nothing else, so whoever reads what was opened needs
 * none. */

#include <stdint.h>

#include "base/cleanup.h"

enum process_file {
    PROCESS_MAPS, /* to be read */
    PROCESS_ROOT, /* the directory that is "/" to it, by O_PATH */
    PROCESS_EXE,  /* its program, by O_PATH */
};

struct process_opener;

/* Starts the thread, which keeps CAP_SYS_PTRACE if the caller has it. 0 or -errno. */
int process_opener_start(struct process_opener **ret);
/* One thread at a time: a descriptor that the caller closes, or -errno. Waits for the thread. */
int process_opener_open(struct process_opener *opener, uint32_t pid, enum process_file file);
/* Ends the thread. If it hangs it is left to itself, with the opener's memory. Accepts NULL. */
void process_opener_stop(struct process_opener *opener);
DEFINE_CLEANUP(struct process_opener, process_opener_stop);
