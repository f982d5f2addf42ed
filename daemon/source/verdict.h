// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Explains a refusal of the kernel or of libbpf, and what can be done about it. Call it right after
 * the call that failed: what libbpf printed (source/libbpf_log.h) is part of the sentence. All
 * return code, or a more precise errno; error is set. */

#include "base/error.h"

struct bpf_program;
struct hook;

/* libbpf did not open the object. */
int verdict_on_open(int code, struct error *error);

/* The object was not loaded. program (not NULL) and hook: those that words_program() names; or NULL
 * and NULL. -EPERM: this user may not. */
int verdict_on_load(int code, const struct bpf_program *program, const struct hook *hook,
                    struct error *error);

/* A loaded program was not attached. A sentence that error has already is kept. */
int verdict_on_attach(int code, const struct bpf_program *program, const struct hook *hook,
                      struct error *error);

/* The kernel does not have what hook->lacks() returned. -ENOTSUP. */
int verdict_on_lack(const char *lack, const struct bpf_program *program, struct error *error);
