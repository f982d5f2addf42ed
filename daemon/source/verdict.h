// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the kernel's or libbpf's refusal means, and what can be done about it. Right after the call
 * that failed: the words it left (source/words.h) are part of the sentence. All return code, or the
 * errno that says more; error is set. */

#include "base/error.h"

#define VERDICT_ADVICE ". To go on without it: optional: [" /* stands behind what is wrong */

struct bpf_program;
struct hook;

/* libbpf did not open the object. */
int verdict_on_open(int code, struct error *error);

/* The object was not loaded. program (not NULL) and hook: those that words_program() names; or NULL
 * and NULL. -EPERM: this user may not. */
int verdict_on_load(int code, const struct bpf_program *program, const struct hook *hook,
                    struct error *error);

/* A loaded program was not attached. Where error has a sentence already, that is kept. */
int verdict_on_attach(int code, const struct bpf_program *program, const struct hook *hook,
                      struct error *error);

/* The kernel lacks what hook->lacks() said. -ENOTSUP. */
int verdict_on_lack(const char *lack, const struct bpf_program *program, struct error *error);
