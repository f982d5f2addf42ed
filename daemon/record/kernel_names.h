// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Numbers that the kernel's interface gives names to. All constant and plain ASCII; any thread. */

#include "record/number_names.h"

/* By number, made from the machine's headers when the daemon is built. Of the machine's own
 * calling convention: a 32-bit program's numbers are others. */
extern const struct number_set kernel_syscalls;

/* errno(3); also those that only the kernel sees, as ERESTARTSYS. By magnitude. */
extern const struct number_set kernel_errors;
extern const struct number_set kernel_signals;
extern const struct number_set kernel_capabilities;
extern const struct number_set kernel_capability_sets; /* bits, numbered as capabilities are */
extern const struct number_set kernel_families;        /* AF_INET... */
extern const struct number_set kernel_protocols;       /* "tcp"... */
extern const struct number_set kernel_tcp_states;

extern const struct number_set kernel_open_flags;
extern const struct number_set kernel_tcp_flags; /* the byte of a TCP header: FIN to CWR */
extern const struct number_set kernel_mmap_prot;
extern const struct number_set kernel_mmap_flags;
extern const struct number_set kernel_clone_flags;
extern const struct number_set kernel_modes; /* S_IFREG, S_ISUID... */
