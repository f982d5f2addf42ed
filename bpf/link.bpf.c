// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per link, linkat, symlink or symlinkat, failed ones included, made when the call
 * returns. What is known of paths: call_path.bpf.h. `path` is the name that was made; `target` is
 * the file that a hard link leads to, or the text of a symbolic link. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "io_uring.bpf.h"

enum { CALL_LINK = 1, CALL_LINKAT, CALL_SYMLINK, CALL_SYMLINKAT };

static const __u8 native_calls[CALL_NUMBERS] = {
#ifdef __NR_link
    [__NR_link] = CALL_LINK,
    [__NR_symlink] = CALL_SYMLINK,
#endif
    [__NR_linkat] = CALL_LINKAT,
    [__NR_symlinkat] = CALL_SYMLINKAT,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_link] = CALL_LINK,
    [COMPAT_symlink] = CALL_SYMLINK,
    [COMPAT_linkat] = CALL_LINKAT,
    [COMPAT_symlinkat] = CALL_SYMLINKAT,
};

enum link_kind {
    LINK_HARD,
    LINK_SYMBOLIC,
};

struct link_event {
    __u64 ktime;
    struct process_fields;
    enum link_kind kind;
    errno_t error; /* errno, 0 when it succeeded */
    CALL_PATH_FIELDS(path);
    CALL_PATH_FIELDS(target);
    CALL_TEXTS;
};

CALL_RECORDS(link_event, 1 << 20);
CALL_WAITING;

/* Where the arguments of a call are. */
struct link_call {
    __s32 target_fd;
    __s32 fd;
    __u64 target;
    __u64 text;
    __u32 flags;
};

static __always_inline struct link_call read_call(const struct call *call)
{
    const unsigned long *arguments = call->arguments.of;
    struct link_call link = {AT_FDCWD, AT_FDCWD, arguments[0], arguments[1], 0};

    if (call->name == CALL_LINKAT) {
        link.target_fd = arguments[0];
        link.target = arguments[1];
        link.fd = arguments[2];
        link.text = arguments[3];
        link.flags = arguments[4];
    } else if (call->name == CALL_SYMLINKAT) {
        link.fd = arguments[1];
        link.text = arguments[2];
    }
    return link;
}

static __always_inline void fill(struct link_event *event, const struct link_call *link,
                                 enum link_kind kind, __u32 where)
{
    event->kind = kind;
    put_path(event, path, link->fd, link->text, where);
    put_path(event, target, link->target_fd, link->target,
             where | (kind == LINK_SYMBOLIC ? CALL_NO_PATH : CALL_EMPTY_IS_FD));
    if (kind == LINK_HARD && link->flags & AT_SYMLINK_FOLLOW)
        call_path_follow(CALL_PATH(event->target));
}

SEC("tp_btf/sys_exit")
int ringmill_link(struct sys_exit *context)
{
    struct link_event *event;
    struct link_call link;
    struct call call;
    enum link_kind kind;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record(link_event);
    if (!event)
        return 0;
    link = read_call(&call);
    kind = call.name == CALL_LINK || call.name == CALL_LINKAT ? LINK_HARD : LINK_SYMBOLIC;
    event->error = -context->result;
    fill(event, &link, kind, 0);
    return finish_record(event);
}

/* ---- requests of io_uring -------------------------------------------------------------------- */

static __always_inline _Bool is_link(const struct io_kiocb *request)
{
    __u8 operation = BPF_CORE_READ(request, opcode);

    return operation == URING_LINKAT || operation == URING_SYMLINKAT;
}

/* Of a symbolic link, the old path is its text, and has no descriptor. */
static __always_inline int submitted(const struct io_kiocb *request)
{
    const struct io_link *from = (const void *)request;
    struct link_event *event;
    struct link_call link;

    if (!is_link(request))
        return 0;
    event = begin_record(link_event);
    if (!event)
        return 0;
    link.target_fd = BPF_CORE_READ(from, old_dfd);
    link.fd = BPF_CORE_READ(from, new_dfd);
    link.target = (__u64)BPF_CORE_READ(from, oldpath, name);
    link.text = (__u64)BPF_CORE_READ(from, newpath, name);
    link.flags = BPF_CORE_READ(from, flags);
    fill(event, &link, request->opcode == URING_LINKAT ? LINK_HARD : LINK_SYMBOLIC, CALL_IN_KERNEL);
    return keep_record((__u64)request, event);
}

ON_SUBMIT(link, submitted)

SEC("tp_btf/io_uring_complete")
int ringmill_link_completed(struct io_uring_complete *context)
{
    const struct io_kiocb *request = context->request;

    if (!request || !is_link(request))
        return 0;
    return finish_waiting(link_event, (__u64)request, -BPF_CORE_READ(request, cqe.res));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
