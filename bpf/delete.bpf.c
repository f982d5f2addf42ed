// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per unlink, unlinkat or rmdir, failed ones included, made when the call returns: the
 * folder that had the name is still there then. What is known of paths: call_path.bpf.h. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "io_uring.bpf.h"

enum { CALL_UNLINK = 1, CALL_UNLINKAT, CALL_RMDIR };

static const __u8 native_calls[CALL_NUMBERS] = {
#ifdef __NR_unlink
    [__NR_unlink] = CALL_UNLINK,
    [__NR_rmdir] = CALL_RMDIR,
#endif
    [__NR_unlinkat] = CALL_UNLINKAT,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_unlink] = CALL_UNLINK,
    [COMPAT_rmdir] = CALL_RMDIR,
    [COMPAT_unlinkat] = CALL_UNLINKAT,
};

struct delete_event {
    __u64 ktime;
    struct process_fields;
    errno_t error;   /* errno, 0 when it succeeded */
    _Bool directory; /* by rmdir, or by unlinkat with AT_REMOVEDIR */
    CALL_PATH_FIELDS(path);
    CALL_TEXTS;
};

CALL_RECORDS(delete_event, 1 << 20);
CALL_WAITING;

SEC("tp_btf/sys_exit")
int ringmill_delete(struct sys_exit *context)
{
    struct delete_event *event;
    struct call call;
    const unsigned long *arguments = call.arguments.of;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record(delete_event);
    if (!event)
        return 0;
    event->error = -context->result;
    event->directory = call.name == CALL_RMDIR;
    if (call.name == CALL_UNLINKAT) {
        event->directory = (arguments[2] & AT_REMOVEDIR) != 0;
        put_path(event, path, arguments[0], arguments[1], 0);
    } else {
        put_path(event, path, AT_FDCWD, arguments[0], 0);
    }
    return finish_record(event);
}

static __always_inline int submitted(const struct io_kiocb *request)
{
    const struct io_unlink *unlink = (const void *)request;
    struct delete_event *event;

    if (request->opcode != URING_UNLINKAT)
        return 0;
    event = begin_record(delete_event);
    if (!event)
        return 0;
    event->directory = (BPF_CORE_READ(unlink, flags) & AT_REMOVEDIR) != 0;
    put_path(event, path, BPF_CORE_READ(unlink, dfd), (__u64)BPF_CORE_READ(unlink, filename, name),
             CALL_IN_KERNEL);
    return keep_record((__u64)request, event);
}

ON_SUBMIT(delete, submitted)

SEC("tp_btf/io_uring_complete")
int ringmill_delete_completed(struct io_uring_complete *context)
{
    const struct io_kiocb *request = context->request;

    if (!request || BPF_CORE_READ(request, opcode) != URING_UNLINKAT)
        return 0;
    return finish_waiting(delete_event, (__u64)request, -BPF_CORE_READ(request, cqe.res));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
