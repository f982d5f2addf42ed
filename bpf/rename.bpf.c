// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per rename, renameat or renameat2, failed ones included, made when the call returns.
 * What is known of paths: call_path.bpf.h. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "io_uring.bpf.h"

enum { CALL_RENAME = 1, CALL_RENAMEAT, CALL_RENAMEAT2 };

static const __u8 native_calls[CALL_NUMBERS] = {
#ifdef __NR_rename
    [__NR_rename] = CALL_RENAME,
#endif
    [__NR_renameat] = CALL_RENAMEAT,
    [__NR_renameat2] = CALL_RENAMEAT2,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_rename] = CALL_RENAME,
    [COMPAT_renameat] = CALL_RENAMEAT,
    [COMPAT_renameat2] = CALL_RENAMEAT2,
};

enum rename_flags {
    RENAME_NOREPLACE = 1,
    RENAME_EXCHANGE = 2,
    RENAME_WHITEOUT = 4,
};

struct rename_event {
    __u64 ktime;
    struct process_fields;
    errno_t error; /* errno, 0 when it succeeded */
    enum rename_flags flags;
    CALL_PATH_FIELDS(old_path);
    CALL_PATH_FIELDS(new_path);
    CALL_TEXTS;
};

CALL_RECORDS(rename_event, 1 << 20);
CALL_WAITING;

SEC("tp_btf/sys_exit")
int ringmill_rename(struct sys_exit *context)
{
    struct rename_event *event;
    struct call call;
    const unsigned long *arguments = call.arguments.of;
    __u64 old_text, new_text;
    __s32 old_fd = AT_FDCWD, new_fd = AT_FDCWD;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record(rename_event);
    if (!event)
        return 0;
    event->error = -context->result;
    event->flags = call.name == CALL_RENAMEAT2 ? arguments[4] : 0;
    old_text = arguments[0];
    new_text = arguments[1];
    if (call.name != CALL_RENAME) {
        old_fd = arguments[0];
        old_text = arguments[1];
        new_fd = arguments[2];
        new_text = arguments[3];
    }
    put_path(event, old_path, old_fd, old_text, 0);
    put_path(event, new_path, new_fd, new_text, 0);
    return finish_record(event);
}

static __always_inline int submitted(const struct io_kiocb *request)
{
    const struct io_rename *rename = (const void *)request;
    struct rename_event *event;

    if (request->opcode != URING_RENAMEAT)
        return 0;
    event = begin_record(rename_event);
    if (!event)
        return 0;
    event->flags = BPF_CORE_READ(rename, flags);
    put_path(event, old_path, BPF_CORE_READ(rename, old_dfd),
             (__u64)BPF_CORE_READ(rename, oldpath, name), CALL_IN_KERNEL);
    put_path(event, new_path, BPF_CORE_READ(rename, new_dfd),
             (__u64)BPF_CORE_READ(rename, newpath, name), CALL_IN_KERNEL);
    return keep_record((__u64)request, event);
}

ON_SUBMIT(rename, submitted)

SEC("tp_btf/io_uring_complete")
int ringmill_rename_completed(struct io_uring_complete *context)
{
    const struct io_kiocb *request = context->request;

    if (!request || BPF_CORE_READ(request, opcode) != URING_RENAMEAT)
        return 0;
    return finish_waiting(rename_event, (__u64)request, -BPF_CORE_READ(request, cqe.res));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
