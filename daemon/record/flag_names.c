// SPDX-License-Identifier: Apache-2.0

/* Names of bits. A name that stands for several bits comes before the names of each. */

#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdint.h>

#include "record/kernel_names.h"

#define NAME(flag)             \
    {                          \
#flag, (int64_t)(flag) \
    }
#define FLAGS(array) .words = array, .n_words = sizeof(array) / sizeof(*(array)), .is_flags = true

static const struct enum_name open_flags[] = {
    NAME(O_RDONLY),
    NAME(O_WRONLY),
    NAME(O_RDWR),
    NAME(O_ACCMODE),
    NAME(O_CREAT),
    NAME(O_EXCL),
    NAME(O_NOCTTY),
    NAME(O_TRUNC),
    NAME(O_APPEND),
    NAME(O_NONBLOCK),
    NAME(O_SYNC),
    NAME(O_DSYNC),
    NAME(O_DIRECT),
    {"O_LARGEFILE", 0100000}, /* 0 in headers of 64-bit machines, but set by the kernel */
    NAME(O_TMPFILE),
    NAME(O_DIRECTORY),
    NAME(O_NOFOLLOW),
    NAME(O_NOATIME),
    NAME(O_CLOEXEC),
    NAME(O_PATH),
};

static const struct enum_name tcp_flags[] = {
    {"FIN", 0x01}, {"SYN", 0x02}, {"RST", 0x04}, {"PSH", 0x08},
    {"ACK", 0x10}, {"URG", 0x20}, {"ECE", 0x40}, {"CWR", 0x80},
};

static const struct enum_name mmap_prot[] = {
    NAME(PROT_NONE), NAME(PROT_READ),      NAME(PROT_WRITE),
    NAME(PROT_EXEC), NAME(PROT_GROWSDOWN), NAME(PROT_GROWSUP),
};

static const struct enum_name mmap_flags[] = {
    NAME(MAP_SHARED),          NAME(MAP_PRIVATE), NAME(MAP_SHARED_VALIDATE), NAME(MAP_FIXED),
    NAME(MAP_ANONYMOUS),       NAME(MAP_32BIT),   NAME(MAP_GROWSDOWN),       NAME(MAP_DENYWRITE),
    NAME(MAP_EXECUTABLE),      NAME(MAP_LOCKED),  NAME(MAP_NORESERVE),       NAME(MAP_POPULATE),
    NAME(MAP_NONBLOCK),        NAME(MAP_STACK),   NAME(MAP_HUGETLB),         NAME(MAP_SYNC),
    NAME(MAP_FIXED_NOREPLACE),
};

static const struct enum_name clone_flags[] = {
    NAME(CLONE_VM),
    NAME(CLONE_FS),
    NAME(CLONE_FILES),
    NAME(CLONE_SIGHAND),
    NAME(CLONE_PIDFD),
    NAME(CLONE_PTRACE),
    NAME(CLONE_VFORK),
    NAME(CLONE_PARENT),
    NAME(CLONE_THREAD),
    NAME(CLONE_NEWNS),
    NAME(CLONE_SYSVSEM),
    NAME(CLONE_SETTLS),
    NAME(CLONE_PARENT_SETTID),
    NAME(CLONE_CHILD_CLEARTID),
    NAME(CLONE_DETACHED),
    NAME(CLONE_UNTRACED),
    NAME(CLONE_CHILD_SETTID),
    NAME(CLONE_NEWCGROUP),
    NAME(CLONE_NEWUTS),
    NAME(CLONE_NEWIPC),
    NAME(CLONE_NEWUSER),
    NAME(CLONE_NEWPID),
    NAME(CLONE_NEWNET),
    NAME(CLONE_IO),
    NAME(CLONE_CLEAR_SIGHAND),
    NAME(CLONE_INTO_CGROUP),
    NAME(CLONE_NEWTIME),
    NAME(SIGCHLD),
};

static const struct enum_name modes[] = {
    NAME(S_IFMT),  NAME(S_IFSOCK), NAME(S_IFLNK), NAME(S_IFREG), NAME(S_IFBLK), NAME(S_IFDIR),
    NAME(S_IFCHR), NAME(S_IFIFO),  NAME(S_ISUID), NAME(S_ISGID), NAME(S_ISVTX), NAME(S_IRWXU),
    NAME(S_IRUSR), NAME(S_IWUSR),  NAME(S_IXUSR), NAME(S_IRWXG), NAME(S_IRGRP), NAME(S_IWGRP),
    NAME(S_IXGRP), NAME(S_IRWXO),  NAME(S_IROTH), NAME(S_IWOTH), NAME(S_IXOTH),
};

const struct number_set kernel_open_flags = {FLAGS(open_flags), .choice = O_ACCMODE};
const struct number_set kernel_tcp_flags = {FLAGS(tcp_flags)};
const struct number_set kernel_mmap_prot = {FLAGS(mmap_prot)};
const struct number_set kernel_mmap_flags = {FLAGS(mmap_flags), .choice = MAP_TYPE};
/* the lowest seven bits are the signal that the end of the process sends */
const struct number_set kernel_clone_flags = {FLAGS(clone_flags), .choice = 0x7f};
const struct number_set kernel_modes = {FLAGS(modes)};
