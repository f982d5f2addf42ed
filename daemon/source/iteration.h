// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A thread that runs an iterator again and again: the kernel calls the program for each task (or
 * socket, map, ...) while somebody reads from the iterator. What the program writes as text is
 * discarded; its records are in a ring. */

#include <stdint.h>

#include "base/error.h"

struct bpf_link;
struct bpf_program;
struct iteration;

/* Runs it at once, and then every so many ns, from the start of a run to the start of the next one.
 * Takes ownership of the link, even on failure. 0, or -errno and a sentence. */
int iteration_start(struct bpf_link *link, const char *name, uint64_t every, struct error *error,
                    struct iteration **ret);
/* When it returns, the program does not run any more. Waits for the end of a run. */
void iteration_stop(struct iteration *iteration);

/* Runs the iterator of a link once, on this thread. 0, or -errno. */
int iteration_run(const struct bpf_link *link);
/* The same, of a loaded program that is not attached. */
int iteration_run_program(const struct bpf_program *program);
