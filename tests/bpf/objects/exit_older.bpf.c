// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* The built-in program `exit` as it works on kernels before Linux 6.16, for any kernel. */

#define EXIT_AS_BEFORE_6_16 1

#include "exit.bpf.c"
