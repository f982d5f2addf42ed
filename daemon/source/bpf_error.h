// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Explains an error of the kernel or of libbpf, and what can be done about it. log: what libbpf
 * printed during the call that failed. All return code, or a more precise errno; error is set. */

#include "base/error.h"

struct bpf_program;
struct hook;
struct libbpf_log;

/* libbpf did not open the object. */
int bpf_error_on_open(int code, const struct libbpf_log *log, struct error *error);

/* The object was not loaded. program (not NULL) and hook: those that the log names; or NULL and
 * NULL. -EPERM: this user may not. */
int bpf_error_on_load(int code, const struct libbpf_log *log, const struct bpf_program *program,
                      const struct hook *hook, struct error *error);

/* A loaded program was not attached. A sentence that error has already is kept. */
int bpf_error_on_attach(int code, const struct libbpf_log *log, const struct bpf_program *program,
                        const struct hook *hook, struct error *error);

/* The kernel does not have what hook->lacks() returned. -ENOTSUP. */
int bpf_error_on_lack(const char *lack, const struct bpf_program *program, struct error *error);
