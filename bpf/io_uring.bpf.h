// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Requests of io_uring, which do the work of system calls. Two tracepoints see them: when
 * a request is submitted, its texts are in the kernel and its task is current; when it completes,
 * its result is known. What a program makes at the former waits for the latter, by the address of
 * the request.
 *
 * A request that reports only its failure (IOSQE_CQE_SKIP_SUCCESS) has no completion to be seen if
 * it succeeds. */

#include "core_file.bpf.h"

enum io_uring_operation { /* numbers of the interface */
                          URING_READV = 1,
                          URING_WRITEV = 2,
                          URING_READ_FIXED = 4,
                          URING_WRITE_FIXED = 5,
                          URING_CLOSE = 19,
                          URING_READ = 22,
                          URING_WRITE = 23,
                          URING_RENAMEAT = 35,
                          URING_UNLINKAT = 36,
                          URING_SYMLINKAT = 38,
                          URING_LINKAT = 39,
};

#define URING_FIXED_FILE 1u /* in flags: of the ring's own table of files */

struct io_uring_submit {
    const struct io_kiocb *request;
};

struct io_uring_complete {
    const void *ring;
    const struct io_kiocb *request; /* NULL for messages that are not the result of a request */
};

/* Defines the programs that see requests being submitted: one tracepoint up to Linux 6.3, and
 * another one since. The names tell the daemon that one of them is enough. */
#define ON_SUBMIT(name, function)                                              \
    SEC("tp_btf/io_uring_submit_sqe")                                          \
    int ringmill_##name##_submit___before_6_4(struct io_uring_submit *context) \
    {                                                                          \
        return function(context->request);                                     \
    }                                                                          \
    SEC("tp_btf/io_uring_submit_req")                                          \
    int ringmill_##name##_submit(struct io_uring_submit *context)              \
    {                                                                          \
        return function(context->request);                                     \
    }
