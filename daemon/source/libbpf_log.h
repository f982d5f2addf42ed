// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What libbpf and the verifier of the kernel print while the calling thread is inside libbpf; the
 * return value alone explains little. */

#include "base/cleanup.h"

enum {
    LIBBPF_WARNING_MAX = 256,      /* bytes of the first warning, with the NUL */
    LIBBPF_PROGRAM_MAX = 128,      /* bytes of a program's name, with the NUL */
    LIBBPF_VERIFIER_LINES = 5,     /* last lines of the verifier that are kept */
    LIBBPF_VERIFIER_LOG_MAX = 480, /* bytes of those, with the NUL */
    LIBBPF_REASON_MAX = 256,       /* bytes of its explanation, with the NUL */
};

struct libbpf_log {
    char warning[LIBBPF_WARNING_MAX]; /* the first one, one line; "": none */
    char program[LIBBPF_PROGRAM_MAX]; /* that the first warning about a program names, or "" */
    char verifier[LIBBPF_VERIFIER_LOG_MAX]; /* its last lines, each ended by a newline, or "" */
    char reason[LIBBPF_REASON_MAX]; /* what it explains in a paragraph "Reason:", in one line, or ""
                                     */
    struct libbpf_log *outer;       /* the one that was open before on this thread */
};

/* Opens a log: it gets what this thread's calls into libbpf print until libbpf_log_end(). Logs
 * nest; the innermost gets the text. Without an open log the text is only logged at debug level. */
void libbpf_log_begin(struct libbpf_log *log);
/* Closes the innermost log of this thread, which must be `log`. Its texts stay readable. */
void libbpf_log_end(struct libbpf_log *log);
