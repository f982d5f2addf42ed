// SPDX-License-Identifier: Apache-2.0

/* kill-step PLACE PROGRAM [ARG...]: runs the program and counts its system calls that change
 * something outside of the process, all threads together. Counting begins when the file PLACE/armed
 * is there; it holds a number: right after that call the program is killed (SIGKILL), and before
 * anything else of that thread. 0: never. Each call that was counted is a line in PLACE/steps;
 * PLACE/armed is removed when what it killed is dead, and before its parent knows.
 *
 * The program has the process of the caller, as a service manager expects it; this one is its
 * child, and keeps nothing of it open. A seccomp filter stops at the calls in question only, so the
 * rest runs at its usual pace. What only tells or asks inside of the process (eventfds, the BPF
 * commands that read) is not counted, nor is what failed. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS_MAX = 256, PERF_IOCTLS = '$' };

struct call {
    long number;
    const char *name;
};

static const struct call calls[] = {
#define CALL(name)        \
    {                     \
        SYS_##name, #name \
    }
    CALL(accept4),   CALL(bind),     CALL(bpf),       CALL(close),     CALL(connect),
    CALL(fallocate), CALL(fchmod),   CALL(fchmodat),  CALL(fchown),    CALL(fchownat),
    CALL(fdatasync), CALL(flock),    CALL(fsync),     CALL(ftruncate), CALL(ioctl),
    CALL(linkat),    CALL(listen),   CALL(mkdirat),   CALL(openat),    CALL(perf_event_open),
    CALL(pwrite64),  CALL(pwritev),  CALL(renameat),  CALL(renameat2), CALL(sendmmsg),
    CALL(sendmsg),   CALL(sendto),   CALL(symlinkat), CALL(unlinkat),  CALL(write),
    CALL(writev),    CALL(shutdown), CALL(pwritev2),
#ifdef SYS_unlink
    CALL(chmod),     CALL(chown),    CALL(link),      CALL(mkdir),     CALL(open),
    CALL(rename),    CALL(rmdir),    CALL(symlink),   CALL(unlink),
#endif
#undef CALL
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static const char *place;
static pid_t program;
static unsigned long steps, kill_at;
static bool armed, killed;
static pid_t pending[THREADS_MAX]; /* threads in a call that counts if it succeeds */
static char said[THREADS_MAX][PATH_MAX + 64];

/* ---- the filter ------------------------------------------------------------------------------ */

static int stop_at_calls(void)
{
    struct sock_filter filter[CALLS + 3];
    struct sock_fprog code = {.len = CALLS + 3, .filter = filter};

    filter[0] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < CALLS; i++)
        filter[i + 1] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, (unsigned char)(CALLS - i), 0);
    filter[CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[CALLS + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code);
}

/* ---- which calls change something ------------------------------------------------------------ */

static void read_target(pid_t thread, uint64_t fd, char target[PATH_MAX])
{
    char path[64];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)thread, (int)fd);
    length = readlink(path, target, PATH_MAX - 1);
    target[length < 0 ? 0 : length] = '\0';
}

static const struct call bpf_commands[] = {
#define COMMAND(name)            \
    {                            \
        BPF_##name, "bpf " #name \
    }
    COMMAND(MAP_CREATE),          COMMAND(MAP_UPDATE_ELEM), COMMAND(MAP_DELETE_ELEM),
    COMMAND(PROG_LOAD),           COMMAND(OBJ_PIN),         COMMAND(PROG_ATTACH),
    COMMAND(PROG_DETACH),         COMMAND(BTF_LOAD),        COMMAND(MAP_FREEZE),
    COMMAND(RAW_TRACEPOINT_OPEN), COMMAND(LINK_CREATE),     COMMAND(LINK_UPDATE),
    COMMAND(LINK_DETACH),
#undef COMMAND
};

enum { COMMANDS = sizeof(bpf_commands) / sizeof(bpf_commands[0]) };

/* NULL: it is not among them. */
static const char *find(const struct call *list, unsigned count, uint64_t number)
{
    for (unsigned i = 0; i < count; i++)
        if ((uint64_t)list[i].number == number)
            return list[i].name;
    return NULL;
}

/* What the last descriptor of may end; others' closing is seen by nobody. */
static bool close_changes(const char *target)
{
    return strstr(target, "anon_inode:bpf") || strstr(target, "perf_event") ||
           strstr(target, "socket:");
}

static bool changes(long number, const uint64_t *arguments, const char *target)
{
    switch (number) {
    case SYS_bpf:
        return find(bpf_commands, COMMANDS, arguments[0]) != NULL;
    case SYS_close:
        return close_changes(target);
    case SYS_write:
    case SYS_writev:
        return !strstr(target, "eventfd") && !strstr(target, "/comm"); /* a thread's name */
    case SYS_ioctl:
        return (arguments[1] >> 8 & 0xff) == PERF_IOCTLS;
    case SYS_openat:
        return arguments[2] & (O_CREAT | O_TRUNC);
#ifdef SYS_open
    case SYS_open:
        return arguments[1] & (O_CREAT | O_TRUNC);
#endif
    default:
        return true;
    }
}

/* ---- counting -------------------------------------------------------------------------------- */

static bool is_armed(void)
{
    char path[PATH_MAX], text[32] = "";
    ssize_t length;
    int fd;

    if (armed)
        return true;
    snprintf(path, sizeof(path), "%s/armed", place);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    kill_at = strtoul(text, NULL, 10);
    armed = length > 0;
    return armed;
}

static void note(const char *what)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof(path), "%s/steps", place);
    file = fopen(path, "ae");
    if (!file)
        return;
    fprintf(file, "%lu %s\n", steps, what);
    fclose(file);
}

static void say_killed(void)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/armed", place);
    unlink(path);
}

static int slot_of(pid_t thread)
{
    for (int i = 0; i < THREADS_MAX; i++)
        if (pending[i] == thread)
            return i;
    return -1;
}

/* True: its end is of interest. */
static bool enter(pid_t thread)
{
    struct __ptrace_syscall_info info = {0};
    char target[PATH_MAX] = "";
    const uint64_t *arguments = info.seccomp.args;
    long number;
    int slot;

    if (!is_armed() || ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0)
        return false;
    number = (long)info.seccomp.nr;
    if (number != SYS_bpf)
        read_target(thread, arguments[0], target);
    slot = slot_of(0);
    if (slot < 0 || !changes(number, arguments, target))
        return false;
    pending[slot] = thread;
    snprintf(said[slot], sizeof(said[slot]), "%s %s",
             number == SYS_bpf ? find(bpf_commands, COMMANDS, arguments[0])
                               : find(calls, CALLS, (uint64_t)number),
             target);
    return true;
}

static void leave(pid_t thread)
{
    struct __ptrace_syscall_info info = {0};
    int slot = slot_of(thread);

    if (slot < 0)
        return;
    pending[slot] = 0;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_EXIT || info.exit.is_error)
        return;
    steps++;
    note(said[slot]);
    if (steps != kill_at)
        return;
    killed = true;
    kill(program, SIGKILL);
}

/* ---- following it ---------------------------------------------------------------------------- */

static void go_on(pid_t thread, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;
    int how = PTRACE_CONT, deliver = 0;

    if (event == PTRACE_EVENT_SECCOMP)
        how = enter(thread) ? PTRACE_SYSCALL : PTRACE_CONT;
    else if (event == PTRACE_EVENT_STOP)
        how = signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN;
    else if (signal == (SIGTRAP | 0x80))
        leave(thread);
    else if (event == 0)
        deliver = signal;
    ptrace((enum __ptrace_request)how, thread, 0, deliver);
}

/* As waitpid(-1). The program's parent knows of its death when this returns, and not before. */
static pid_t wait_for_any(int *status)
{
    siginfo_t info = {0};

    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL) < 0)
        return -1;
    if (killed && info.si_pid == program &&
        (info.si_code == CLD_KILLED || info.si_code == CLD_EXITED))
        say_killed();
    return waitpid(info.si_pid, status, __WALL);
}

static void follow(int told)
{
    int status;
    pid_t thread;

    for (int signal = 1; signal < NSIG; signal++)
        if (signal != SIGCHLD)
            sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (ptrace(PTRACE_SEIZE, program, 0,
               PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD |
                   PTRACE_O_EXITKILL) < 0 ||
        write(told, "", 1) != 1)
        _exit(1);
    close(told);
    while ((thread = wait_for_any(&status)) > 0 || errno == EINTR) {
        if (thread <= 0)
            continue;
        if (WIFSTOPPED(status))
            go_on(thread, status);
        else if (thread == program)
            break;
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    int told[2];
    char byte;

    if (argc < 3 || pipe2(told, O_CLOEXEC) < 0)
        return 2;
    place = argv[1];
    program = getpid();
    if (fork() == 0) {
        int mine = dup2(told[1], 1023); /* whatever the service manager passed is below */

        close_range(0, 1022, 0);
        close_range(1024, ~0U, 0);
        follow(mine);
    }
    close(told[1]);
    if (read(told[0], &byte, 1) != 1 || stop_at_calls() < 0) {
        fprintf(stderr, "kill-step: cannot follow %s: %s\n", argv[2], strerror(errno));
        return 2;
    }
    execv(argv[2], argv + 2);
    fprintf(stderr, "kill-step: cannot run %s: %s\n", argv[2], strerror(errno));
    return 2;
}
