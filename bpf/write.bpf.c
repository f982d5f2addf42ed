// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per process and open regular file, made when the process closes it: how much it has
 * read and written by how many calls. Each call that moves bytes adds them, at its return, to an
 * account:
 *
 *     read(3), write(3)          accounts: {table of descriptors, file}  read 4096, written 512
 *     close(3), dup2(.., 3),  -> the account becomes a record
 *     exec, exit
 *
 * What several processes do by one open file, such as a shell's `> log` that its children inherit,
 * is a record of each. Two descriptors of one process for the same open file share an account: each
 * close makes a record of what was done since the previous one.
 *
 * If there is no room for an account, the call makes a record of its own, with `closed` false. So
 * nothing is lost and sums are right. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "core.bpf.h"
#include "core_file.bpf.h"
#include "io_uring.bpf.h"
#include "lineage_feed.bpf.h"
#include "path.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

enum {
    READS = 1, /* the file of the first argument */
    WRITES,
    SENDS,    /* from the second argument to the first */
    COPIES,   /* from the first argument to the third */
    CLOSES,   /* this and the following are seen at their entry */
    REPLACES, /* the second argument becomes the first */
    CLOSES_RANGE,
    EXECUTES,
};

static const __u8 native_calls[CALL_NUMBERS] = {
    [__NR_read] = READS,
    [__NR_pread64] = READS,
    [__NR_readv] = READS,
    [__NR_preadv] = READS,
    [__NR_preadv2] = READS,
    [__NR_write] = WRITES,
    [__NR_pwrite64] = WRITES,
    [__NR_writev] = WRITES,
    [__NR_pwritev] = WRITES,
    [__NR_pwritev2] = WRITES,
    [__NR_sendfile] = SENDS,
    [__NR_splice] = COPIES,
    [__NR_copy_file_range] = COPIES,
    [__NR_close] = CLOSES,
#ifdef __NR_dup2
    [__NR_dup2] = REPLACES,
#endif
    [__NR_dup3] = REPLACES,
    [__NR_close_range] = CLOSES_RANGE,
    [__NR_execve] = EXECUTES,
    [__NR_execveat] = EXECUTES,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_read] = READS,      [COMPAT_pread64] = READS,
    [COMPAT_readv] = READS,     [COMPAT_preadv] = READS,
    [COMPAT_preadv2] = READS,   [COMPAT_write] = WRITES,
    [COMPAT_pwrite64] = WRITES, [COMPAT_writev] = WRITES,
    [COMPAT_pwritev] = WRITES,  [COMPAT_pwritev2] = WRITES,
    [COMPAT_sendfile] = SENDS,  [COMPAT_sendfile64] = SENDS,
    [COMPAT_splice] = COPIES,   [COMPAT_copy_file_range] = COPIES,
    [COMPAT_close] = CLOSES,    [COMPAT_dup2] = REPLACES,
    [COMPAT_dup3] = REPLACES,   [COMPAT_close_range] = CLOSES_RANGE,
    [COMPAT_execve] = EXECUTES, [COMPAT_execveat] = EXECUTES,
};

enum {
    ACCOUNTS_MAX = 16384,
    FD_WORD_BITS = 64,
    FD_WORDS_MAX = 1 << 14, /* of descriptors that are looked through: a million */
    FD_STEPS_MAX = FD_WORDS_MAX * (FD_WORD_BITS + 1),
    ANCESTORS_ROOM = 2 * ANCESTORS_BYTES, /* of which the first half is used */
    CLOSE_RANGE_CLOEXEC = 4,
    TYPE_MASK = 00170000,   /* S_IFMT */
    TYPE_REGULAR = 0100000, /* S_IFREG */
};

/* There is no record of a file of which fewer bytes were read and written, or fewer were written.
 */
const volatile __u64 min_bytes = 1;
const volatile __u64 min_written = 0;

struct write_event {
    __u64 ktime;
    struct process_fields;
    __u64 bytes_written;
    __u64 bytes_read;
    __u32 writes; /* calls */
    __u32 reads;
    __u64 duration_ns;    /* since the first of these calls */
    open_flags_t flags;   /* of the open file */
    _Bool closed;         /* false: there was no room to wait for the close */
    _Bool deleted;        /* the file has no name any more; path is its last one */
    _Bool path_truncated; /* path is too long to be known: null */
    struct ringmill_text path;
    __u64 inode;
    struct path_device device;
    char texts[];
};

enum { TEXTS = offsetof(struct write_event, texts) };

RINGMILL_EVENT(write_event);
RINGMILL_RING(events, 4 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(struct write_event) + ANCESTORS_ROOM + PATH_SIZE);
} scratch SEC(".maps");

struct account_key {
    __u64 table; /* struct files_struct, which threads share, and processes hardly ever */
    __u64 file;
};

struct account {
    __u64 begun; /* ktime */
    __u64 bytes_written;
    __u64 bytes_read;
    __u32 writes;
    __u32 reads;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, ACCOUNTS_MAX);
    __type(key, struct account_key);
    __type(value, struct account);
} accounts SEC(".maps");

static __always_inline __u64 own_table(void)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    return (__u64)task->files;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Returns how many bytes of texts are used then. */
static __always_inline __u64 fill_path(struct write_event *event, __u64 file, __u64 used)
{
    struct path_scratch *path = path_scratch_get();
    long state;

    ringmill_no_text(&event->path);
    event->path_truncated = 0;
    event->deleted = 0;
    if (!path || !path_from_file(path, file))
        return used;
    path_read_inode(path, &event->inode, &event->device);
    state = path_resolve(path);
    event->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return used;
    event->deleted = path->deleted;
    barrier_var(used); /* so that the mask stays, which is a limit for the verifier */
    used &= ANCESTORS_ROOM - 1;
    return path_append(path, event, TEXTS, used, &event->path);
}

static __always_inline void write_record(__u64 file, const struct account *account, _Bool closed)
{
    __u32 key = 0;
    __u64 used;
    struct write_event *event = bpf_map_lookup_elem(&scratch, &key);

    if (!event || account->bytes_written + account->bytes_read < min_bytes ||
        account->bytes_written < min_written)
        return;
    event->ktime = bpf_ktime_get_ns();
    used = process_fill_record(event);
    event->bytes_written = account->bytes_written;
    event->bytes_read = account->bytes_read;
    event->writes = account->writes;
    event->reads = account->reads;
    event->duration_ns = event->ktime - account->begun;
    event->flags = BPF_CORE_READ((const struct file *)file, f_flags);
    event->closed = closed;
    used = fill_path(event, file, used);
    ringmill_output(events, event, TEXTS + used);
}

/* Of a call that found no room for an account. */
__attribute__((noinline)) int write_single(__u64 file, __u64 bytes, __u32 name)
{
    struct account account = {.begun = bpf_ktime_get_ns()};

    if (name == WRITES) {
        account.bytes_written = bytes;
        account.writes = 1;
    } else {
        account.bytes_read = bytes;
        account.reads = 1;
    }
    write_record(file, &account, 0);
    return 0;
}

/* Of two threads that close a file at the same time, the one that deletes the account has it. These
 * two are not static, so that the verifier walks through them once and not for each caller. */
__attribute__((noinline)) int finish_account(__u64 file)
{
    struct account_key key = {.table = own_table(), .file = file};
    struct account *found = bpf_map_lookup_elem(&accounts, &key), account;

    if (!found)
        return 0;
    account = *found;
    if (bpf_map_delete_elem(&accounts, &key) == 0)
        write_record(file, &account, 1);
    return 0;
}

/* ---- calls that move bytes ------------------------------------------------------------------- */

static __always_inline void add_to(struct account *account, __u64 bytes, __u32 name)
{
    if (name == WRITES) {
        __sync_fetch_and_add(&account->bytes_written, bytes);
        __sync_fetch_and_add(&account->writes, 1);
    } else {
        __sync_fetch_and_add(&account->bytes_read, bytes);
        __sync_fetch_and_add(&account->reads, 1);
    }
}

static __always_inline struct account *begin_account(const struct account_key *key)
{
    struct account account = {.begun = bpf_ktime_get_ns()};

    bpf_map_update_elem(&accounts, key, &account, BPF_NOEXIST); /* or another thread did it */
    return bpf_map_lookup_elem(&accounts, key);
}

static __always_inline void add(__u64 address, __u64 bytes, __u32 name)
{
    struct account_key key = {.table = own_table(), .file = address};
    const struct file *file = (const void *)key.file;
    struct account *account;

    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & TYPE_MASK) != TYPE_REGULAR)
        return;
    account = bpf_map_lookup_elem(&accounts, &key);
    if (!account)
        account = begin_account(&key);
    if (account)
        add_to(account, bytes, name);
    else
        write_single(key.file, bytes, name);
}

SEC("tp_btf/sys_exit")
int ringmill_moved(struct sys_exit *context)
{
    struct call call;
    __u32 from, to;

    if (!call_read(context->regs, &call) || call.name >= CLOSES || context->result <= 0 ||
        !is_wanted())
        return 0;
    from = call.arguments.of[call.name == SENDS];
    to = call.arguments.of[call.name == COPIES ? 2 : 0];
    if (call.name != WRITES)
        add(path_file_at(from), context->result, READS);
    if (call.name != READS)
        add(path_file_at(to), context->result, WRITES);
    return 0;
}

static __always_inline __u32 request_name(const struct io_kiocb *request)
{
    switch (BPF_CORE_READ(request, opcode)) {
    case URING_READV:
    case URING_READ_FIXED:
    case URING_READ:
        return READS;
    case URING_WRITEV:
    case URING_WRITE_FIXED:
    case URING_WRITE:
        return WRITES;
    default:
        return 0;
    }
}

/* Files of a ring's own table are left out: nothing shows when they are closed. */
SEC("tp_btf/io_uring_complete")
int ringmill_completed(struct io_uring_complete *context)
{
    const struct io_kiocb *request = context->request;
    __u32 name = request ? request_name(request) : 0;
    __s32 result;

    if (!name || !is_wanted() || BPF_CORE_READ(request, flags) & URING_FIXED_FILE)
        return 0;
    result = BPF_CORE_READ(request, cqe.res);
    if (result > 0)
        add((__u64)BPF_CORE_READ(request, file), result, name);
    return 0;
}

/* ---- calls that close ------------------------------------------------------------------------ */

/* The descriptors from..to whose bits are set. */
struct fd_walk {
    unsigned long words; /* where they are */
    unsigned long word;  /* its bits that are still to be seen */
    __u32 n_words;
    __u32 n_read;
    __u32 from;
    __u32 to;
};

/* Not on the stack: before Linux 6.7 the verifier takes its values for those of the first step, and
 * removes what that does not reach. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct fd_walk);
} walks SEC(".maps");

static __always_inline void close_fd(__u32 fd)
{
    __u64 file = path_file_at(fd);

    if (file)
        finish_account(file);
}

/* The place of the lowest bit that is set. Its builtin crashes clang 14. */
static __always_inline __u32 lowest_bit(__u64 word)
{
    __u64 below = (word & -word) - 1;

    below = (below & 0x5555555555555555) + (below >> 1 & 0x5555555555555555);
    below = (below & 0x3333333333333333) + (below >> 2 & 0x3333333333333333);
    below = (below & 0x0f0f0f0f0f0f0f0f) + (below >> 4 & 0x0f0f0f0f0f0f0f0f);
    return below * 0x0101010101010101 >> 56;
}

/* The next bit that is set, or the next word. Returns 1 at the end. */
static long close_next(__u32 index, struct fd_walk **context)
{
    struct fd_walk *walk = *context;
    unsigned long word = walk->word;
    __u32 fd;

    (void)index;
    if (!word) {
        if (walk->n_read >= walk->n_words)
            return 1;
        path_read(&walk->word, walk->words + 8ul * walk->n_read);
        walk->n_read++;
        return 0;
    }
    walk->word = word & (word - 1);
    fd = (walk->n_read - 1) * FD_WORD_BITS + lowest_bit(word);
    if (fd >= walk->from && fd <= walk->to)
        close_fd(fd);
    return 0;
}

static __always_inline int close_fds(__u32 from, __u32 to, _Bool on_exec)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct files_struct *files = task->files;
    const struct fdtable *table;
    __u32 key = 0;
    struct fd_walk *walk = bpf_map_lookup_elem(&walks, &key);

    if (!files || !walk)
        return 0;
    table = files->fdt;
    walk->words = (unsigned long)(on_exec ? table->close_on_exec : table->open_fds);
    if (to >= table->max_fds)
        to = table->max_fds - 1;
    walk->word = 0;
    walk->n_words = to / FD_WORD_BITS + 1;
    walk->n_read = from / FD_WORD_BITS;
    walk->from = from;
    walk->to = to;
    bpf_loop(FD_STEPS_MAX, close_next, &walk, 0);
    return 0;
}

/* At their entry, as the files are gone at the return. close() fails for no file that is open. Of
 * exec only the entry shows what it closes; if it fails, the files stay open, and what is done with
 * them from then on is another record. */
SEC("tp_btf/sys_enter")
int ringmill_closes(struct sys_enter *context)
{
    struct call call;
    const unsigned long *arguments = call.arguments.of;

    if (call_read(context->regs, &call) < CLOSES || !is_wanted())
        return 0;
    if (call.name == CLOSES)
        close_fd(arguments[0]);
    else if (call.name == EXECUTES)
        close_fds(0, ~0u, 1);
    else if (call.name == CLOSES_RANGE && !(arguments[2] & CLOSE_RANGE_CLOEXEC))
        close_fds(arguments[0], arguments[1], 0);
    else if (call.name == REPLACES && arguments[0] != arguments[1] && path_file_at(arguments[0]))
        close_fd(arguments[1]);
    return 0;
}

static __always_inline int submitted(const struct io_kiocb *request)
{
    const struct io_close *close = (const void *)request;

    if (request->opcode == URING_CLOSE && is_wanted() && !BPF_CORE_READ(close, file_slot))
        close_fd(BPF_CORE_READ(close, fd));
    return 0;
}

ON_SUBMIT(write, submitted)

/* The kernel closes the files after this. Of threads that end at the same time, all may come here:
 * each account has one that deletes it. */
SEC("tp_btf/sched_process_exit")
int ringmill_exits(struct sched_process_exit *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    (void)context;
    if (task->signal->live.counter == 0 && is_wanted())
        close_fds(0, ~0u, 0);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
