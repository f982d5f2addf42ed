// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Explains an error of the kernel or of libbpf, and what can be done about it. log: what libbpf
 * printed during the call that failed. All return code, or a more precise errno; error is set.
 *
 * *ret_refused (kept if not so) becomes true if the kernel cannot run this program: the object may
 * do without it. */

#include <stdbool.h>

#include "base/error.h"

struct libbpf_log;
struct object_program;

/* libbpf did not open the object. */
int bpf_error_on_open(int code, const struct libbpf_log *log, struct error *error);

/* The object was not loaded. program: the one that the log names; NULL: none. -EPERM: this user may
 * not. */
int bpf_error_on_load(int code, const struct libbpf_log *log, const struct object_program *program,
                      struct error *error, bool *ret_refused);

/* A loaded program was not attached. A sentence that error has already is kept. */
int bpf_error_on_attach(int code, const struct libbpf_log *log,
                        const struct object_program *program, struct error *error,
                        bool *ret_refused);

/* The kernel does not have what hook->lacks() returned. -ENOTSUP. */
int bpf_error_on_lack(const char *lack, const struct object_program *program, struct error *error);
