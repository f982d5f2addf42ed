// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the built-in programs read of the kernel: only the members they use, in any order. libbpf
 * moves each access to where the running kernel has that member (CO-RE), so building needs neither
 * a vmlinux.h nor the running kernel's BTF. Names must be the kernel's. */

#include <linux/bpf.h>
#include <linux/in6.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum { COMM_SIZE = 16 };   /* TASK_COMM_LEN */
enum { PATH_SIZE = 4096 }; /* PATH_MAX, with its NUL */
enum { PIDTYPE_SID = 3 };
#define FIRST_PIDNS 0xeffffffcu /* PROC_PID_INIT_INO */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    __s64 counter;
} atomic64_t;

struct list_head {
    struct list_head *next;
};

struct proc_ns_operations {
    const char *name;
};

struct ns_common {
    const struct proc_ns_operations *ops;
    unsigned int inum;
};

struct mnt_namespace {
    struct ns_common ns;
};

struct pid_namespace {
    struct ns_common ns;
};

struct user_namespace {
    struct ns_common ns;
};

struct net {
    struct ns_common ns;
};

struct nsproxy {
    struct mnt_namespace *mnt_ns;
    struct net *net_ns;
};

/* The number of a task or a group of tasks in each namespace that it is in, the first one first. */
struct upid {
    int nr;
    struct pid_namespace *ns;
};

struct pid {
    unsigned int level; /* of the innermost */
    struct upid numbers[1];
};

typedef struct {
    __u64 val; /* two words of 32 bits before Linux 6.3: the same bits */
} kernel_cap_t;

struct cred {
    struct {
        __u32 val;
    } uid;
    struct {
        __u32 val;
    } gid;
    kernel_cap_t cap_effective;
    struct user_namespace *user_ns;
    struct {
        __u32 val;
    } suid, euid, fsuid, sgid, egid, fsgid;
    unsigned int securebits;
    kernel_cap_t cap_inheritable;
    kernel_cap_t cap_permitted;
    kernel_cap_t cap_bset;
    kernel_cap_t cap_ambient;
    struct group_info *group_info;
};

struct group_info {
    int ngroups;
};

struct tty_struct {
    char name[64];
};

struct kernfs_node {
    __u64 id;
    const char *name;
};

struct cgroup;

struct cgroup_subsys_state {
    struct cgroup *cgroup;
    struct cgroup_subsys_state *parent;
};

struct cgroup_root {
    int hierarchy_id;
};

struct cgroup {
    struct cgroup_subsys_state self;
    struct kernfs_node *kn;
    struct cgroup_root *root;
    int level;
    struct cgroup *ancestors[]; /* Linux 6.1 and later */
};

struct cgroup___before_6_1 {
    int level;
    __u64 ancestor_ids[];
};

struct css_set {
    struct cgroup *dfl_cgrp;
};

/* Without what the CPUs have not added yet, as the kernel's own messages have it. */
struct percpu_counter {
    __s64 count;
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    struct file *exe_file;
    unsigned long total_vm;
    atomic64_t pgtables_bytes;
    struct percpu_counter rss_stat[4]; /* Linux 6.2 and later */
};

struct mm_rss_stat {
    atomic64_t count[4];
};

struct mm_struct___before_6_2 {
    struct mm_rss_stat rss_stat;
};

struct signal_struct {
    atomic_t live;
    int nr_threads;
    int group_exit_code;
    unsigned int flags;
    struct pid *pids[4];
    short oom_score_adj;
    struct tty_struct *tty;
    struct task_struct *group_exec_task; /* Linux 5.17 and later: the thread that calls exec */
};

/* The registers of a system call; see syscall.bpf.h. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long bx;
    unsigned long cx;
    unsigned long dx;
    unsigned long si;
    unsigned long di;
    unsigned long r8;
    unsigned long r10;
    unsigned long orig_ax;
};

struct thread_info {
    __u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
    __u64 regs[31];
    __u64 orig_x0;
    __s32 syscallno;
};

struct thread_info {
    unsigned long flags;
};
#else
#error "core.bpf.h knows the system call registers of x86 (x86_64) and arm64 only"
#endif

struct task_struct {
    struct thread_info thread_info;
    int pid;
    int tgid;
    int exit_code;
    __u64 start_time;
    __u64 start_boottime;
    struct {
        __u32 val;
    } loginuid; /* with CONFIG_AUDIT */
    char comm[COMM_SIZE];
    struct task_struct *group_leader;
    struct task_struct *real_parent;
    struct signal_struct *signal;
    struct mm_struct *mm;
    struct fs_struct *fs;
    struct files_struct *files;
    unsigned int flags;
    unsigned int in_execve : 1;
    struct list_head ptraced; /* the threads that it traces, by their ptrace_entry */
    struct list_head ptrace_entry;
    struct css_set *cgroups;
    struct nsproxy *nsproxy;
    struct pid *thread_pid;
    const struct cred *cred;
};

struct linux_binprm {
    const char *filename;
    const char *fdpath; /* of execveat(), otherwise NULL */
};

struct kernel_siginfo {
    struct {
        int si_code;
    };
};

typedef struct {
    struct net *net;
} possible_net_t;

struct sock_common {
    union {
        struct {
            __be32 skc_daddr;
            __be32 skc_rcv_saddr;
        };
    };
    union {
        struct {
            __be16 skc_dport;
            __u16 skc_num; /* the port of this end */
        };
    };
    unsigned short skc_family;
    volatile unsigned char skc_state;
    unsigned long skc_flags;
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};

struct file;

struct socket {
    struct file *file; /* NULL: the kernel's own */
    struct sock *sk;
};

struct sock_cgroup_data {
    struct cgroup *cgroup;
};

struct sock {
    struct sock_common __sk_common;
    __u16 sk_protocol;
    int sk_err;
    __u32 sk_max_ack_backlog;
    struct socket *sk_socket;
    struct {
        __u32 val;
    } sk_uid;
    struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
    __be16 inet_sport;
};

struct request_sock {
    struct sock_common __req_common;
    __u8 num_retrans;
};

struct tcp_sock {
    __u64 bytes_received; /* a FIN counts as one */
    __u64 bytes_sent;     /* with what was sent again */
    __u64 bytes_retrans;
    __u32 total_retrans;
};

struct sk_buff {
    unsigned int len;
    struct sock *sk;
};

struct bpf_iter__task {
    struct task_struct *task;
};

struct bpf_iter__task_file {
    struct task_struct *task;
    struct file *file;
};

/* Never read, only asked for: whether the tracepoint has that argument. */
struct trace_event_raw_tcp_retransmit_skb {
    int err; /* Linux 6.16 and later */
};

/* Never read, only asked for: it tells whether the tracepoint says group_dead. */
struct trace_event_raw_sched_process_exit {
    _Bool group_dead; /* Linux 6.16 and later */
};

#pragma clang attribute pop

/* What the BTF tracepoints give: the arguments, a word each. Linux has added some at the end. */
struct sched_process_exec {
    const struct task_struct *task;
    __u64 old_pid;
    const struct linux_binprm *program;
};

struct sched_process_fork {
    const struct task_struct *parent;
    struct task_struct *child;
};

struct task_rename {
    struct task_struct *task;
    const char *comm;
};

struct sched_process_exit {
    const struct task_struct *task;
    __u64 group_dead; /* see trace_event_raw_sched_process_exit */
};

struct inet_sock_set_state {
    const struct sock *sock;
    int old_state;
    int pad_;
    int new_state;
};

struct tcp_retransmit_skb {
    const struct sock *sock;
    const struct sk_buff *packet;
    int error; /* see trace_event_raw_tcp_retransmit_skb */
};

struct tcp_retransmit_synack {
    const struct sock *listener;
    const struct request_sock *request;
};

struct signal_generate {
    int signal;
    int pad_;
    const struct kernel_siginfo *info;
    const struct task_struct *task;
    int group;
    int pad2_;
    int result;
};

struct sys_enter {
    const struct pt_regs *regs;
    long number;
};

struct sys_exit {
    const struct pt_regs *regs;
    long result;
};

/* cgroup_mkdir and cgroup_rmdir */
struct cgroup_change {
    const struct cgroup *cgroup;
    const char *path;
};

/* The two words of a task's name, without a helper call. `to` is aligned to 8 bytes. */
static __always_inline void copy_comm(const struct task_struct *task, char *to)
{
    const __u64 *from = __builtin_preserve_access_index((const __u64 *)task->comm);

    ((__u64 *)to)[0] = from[0];
    ((__u64 *)to)[1] = from[1];
}
