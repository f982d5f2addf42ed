// SPDX-License-Identifier: Apache-2.0

/* Names of numbers of which each is one thing. The errors from 512 on are fixed in the kernel's
 * include/linux/errno.h, which is not part of its interface and yet never changes; a traced system
 * call that a signal interrupted returns one of them. */

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/socket.h>

#include "record/kernel_names.h"

#define NAME(name)     [name] = #name
#define NUMBERS(array) .by_number = array, .n_numbers = sizeof(array) / sizeof(*(array))
#define WORDS(array)   .words = array, .n_words = sizeof(array) / sizeof(*(array))

static const char *const errors[] = {
    NAME(EPERM),
    NAME(ENOENT),
    NAME(ESRCH),
    NAME(EINTR),
    NAME(EIO),
    NAME(ENXIO),
    NAME(E2BIG),
    NAME(ENOEXEC),
    NAME(EBADF),
    NAME(ECHILD),
    NAME(EAGAIN),
    NAME(ENOMEM),
    NAME(EACCES),
    NAME(EFAULT),
    NAME(ENOTBLK),
    NAME(EBUSY),
    NAME(EEXIST),
    NAME(EXDEV),
    NAME(ENODEV),
    NAME(ENOTDIR),
    NAME(EISDIR),
    NAME(EINVAL),
    NAME(ENFILE),
    NAME(EMFILE),
    NAME(ENOTTY),
    NAME(ETXTBSY),
    NAME(EFBIG),
    NAME(ENOSPC),
    NAME(ESPIPE),
    NAME(EROFS),
    NAME(EMLINK),
    NAME(EPIPE),
    NAME(EDOM),
    NAME(ERANGE),
    NAME(EDEADLK),
    NAME(ENAMETOOLONG),
    NAME(ENOLCK),
    NAME(ENOSYS),
    NAME(ENOTEMPTY),
    NAME(ELOOP),
    NAME(ENOMSG),
    NAME(EIDRM),
    NAME(ECHRNG),
    NAME(EL2NSYNC),
    NAME(EL3HLT),
    NAME(EL3RST),
    NAME(ELNRNG),
    NAME(EUNATCH),
    NAME(ENOCSI),
    NAME(EL2HLT),
    NAME(EBADE),
    NAME(EBADR),
    NAME(EXFULL),
    NAME(ENOANO),
    NAME(EBADRQC),
    NAME(EBADSLT),
    NAME(EBFONT),
    NAME(ENOSTR),
    NAME(ENODATA),
    NAME(ETIME),
    NAME(ENOSR),
    NAME(ENONET),
    NAME(ENOPKG),
    NAME(EREMOTE),
    NAME(ENOLINK),
    NAME(EADV),
    NAME(ESRMNT),
    NAME(ECOMM),
    NAME(EPROTO),
    NAME(EMULTIHOP),
    NAME(EDOTDOT),
    NAME(EBADMSG),
    NAME(EOVERFLOW),
    NAME(ENOTUNIQ),
    NAME(EBADFD),
    NAME(EREMCHG),
    NAME(ELIBACC),
    NAME(ELIBBAD),
    NAME(ELIBSCN),
    NAME(ELIBMAX),
    NAME(ELIBEXEC),
    NAME(EILSEQ),
    NAME(ERESTART),
    NAME(ESTRPIPE),
    NAME(EUSERS),
    NAME(ENOTSOCK),
    NAME(EDESTADDRREQ),
    NAME(EMSGSIZE),
    NAME(EPROTOTYPE),
    NAME(ENOPROTOOPT),
    NAME(EPROTONOSUPPORT),
    NAME(ESOCKTNOSUPPORT),
    NAME(EOPNOTSUPP),
    NAME(EPFNOSUPPORT),
    NAME(EAFNOSUPPORT),
    NAME(EADDRINUSE),
    NAME(EADDRNOTAVAIL),
    NAME(ENETDOWN),
    NAME(ENETUNREACH),
    NAME(ENETRESET),
    NAME(ECONNABORTED),
    NAME(ECONNRESET),
    NAME(ENOBUFS),
    NAME(EISCONN),
    NAME(ENOTCONN),
    NAME(ESHUTDOWN),
    NAME(ETOOMANYREFS),
    NAME(ETIMEDOUT),
    NAME(ECONNREFUSED),
    NAME(EHOSTDOWN),
    NAME(EHOSTUNREACH),
    NAME(EALREADY),
    NAME(EINPROGRESS),
    NAME(ESTALE),
    NAME(EUCLEAN),
    NAME(ENOTNAM),
    NAME(ENAVAIL),
    NAME(EISNAM),
    NAME(EREMOTEIO),
    NAME(EDQUOT),
    NAME(ENOMEDIUM),
    NAME(EMEDIUMTYPE),
    NAME(ECANCELED),
    NAME(ENOKEY),
    NAME(EKEYEXPIRED),
    NAME(EKEYREVOKED),
    NAME(EKEYREJECTED),
    NAME(EOWNERDEAD),
    NAME(ENOTRECOVERABLE),
    NAME(ERFKILL),
    NAME(EHWPOISON),
    [512] = "ERESTARTSYS",
    [513] = "ERESTARTNOINTR",
    [514] = "ERESTARTNOHAND",
    [515] = "ENOIOCTLCMD",
    [516] = "ERESTART_RESTARTBLOCK",
    [517] = "EPROBE_DEFER",
    [518] = "EOPENSTALE",
    [519] = "ENOPARAM",
    [521] = "EBADHANDLE",
    [522] = "ENOTSYNC",
    [523] = "EBADCOOKIE",
    [524] = "ENOTSUPP",
    [525] = "ETOOSMALL",
    [526] = "ESERVERFAULT",
    [527] = "EBADTYPE",
    [528] = "EJUKEBOX",
    [529] = "EIOCBQUEUED",
    [530] = "ERECALLCONFLICT",
};

static const struct enum_name other_errors[] = {
    {"EWOULDBLOCK", EWOULDBLOCK},
    {"ENOTSUP", ENOTSUP},
    {"EDEADLOCK", EDEADLOCK},
};

static const char *const signals[] = {
    NAME(SIGHUP),  NAME(SIGINT),    NAME(SIGQUIT), NAME(SIGILL),    NAME(SIGTRAP), NAME(SIGABRT),
    NAME(SIGBUS),  NAME(SIGFPE),    NAME(SIGKILL), NAME(SIGUSR1),   NAME(SIGSEGV), NAME(SIGUSR2),
    NAME(SIGPIPE), NAME(SIGALRM),   NAME(SIGTERM), NAME(SIGSTKFLT), NAME(SIGCHLD), NAME(SIGCONT),
    NAME(SIGSTOP), NAME(SIGTSTP),   NAME(SIGTTIN), NAME(SIGTTOU),   NAME(SIGURG),  NAME(SIGXCPU),
    NAME(SIGXFSZ), NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGWINCH),  NAME(SIGIO),   NAME(SIGPWR),
    NAME(SIGSYS),
};

static const struct enum_name other_signals[] = {{"SIGIOT", SIGIOT}, {"SIGPOLL", SIGPOLL}};

static const char *const capabilities[] = {
    NAME(CAP_CHOWN),
    NAME(CAP_DAC_OVERRIDE),
    NAME(CAP_DAC_READ_SEARCH),
    NAME(CAP_FOWNER),
    NAME(CAP_FSETID),
    NAME(CAP_KILL),
    NAME(CAP_SETGID),
    NAME(CAP_SETUID),
    NAME(CAP_SETPCAP),
    NAME(CAP_LINUX_IMMUTABLE),
    NAME(CAP_NET_BIND_SERVICE),
    NAME(CAP_NET_BROADCAST),
    NAME(CAP_NET_ADMIN),
    NAME(CAP_NET_RAW),
    NAME(CAP_IPC_LOCK),
    NAME(CAP_IPC_OWNER),
    NAME(CAP_SYS_MODULE),
    NAME(CAP_SYS_RAWIO),
    NAME(CAP_SYS_CHROOT),
    NAME(CAP_SYS_PTRACE),
    NAME(CAP_SYS_PACCT),
    NAME(CAP_SYS_ADMIN),
    NAME(CAP_SYS_BOOT),
    NAME(CAP_SYS_NICE),
    NAME(CAP_SYS_RESOURCE),
    NAME(CAP_SYS_TIME),
    NAME(CAP_SYS_TTY_CONFIG),
    NAME(CAP_MKNOD),
    NAME(CAP_LEASE),
    NAME(CAP_AUDIT_WRITE),
    NAME(CAP_AUDIT_CONTROL),
    NAME(CAP_SETFCAP),
    NAME(CAP_MAC_OVERRIDE),
    NAME(CAP_MAC_ADMIN),
    NAME(CAP_SYSLOG),
    NAME(CAP_WAKE_ALARM),
    NAME(CAP_BLOCK_SUSPEND),
    NAME(CAP_AUDIT_READ),
    NAME(CAP_PERFMON),
    NAME(CAP_BPF),
    NAME(CAP_CHECKPOINT_RESTORE),
};

static const char *const families[] = {
    NAME(AF_UNSPEC),    NAME(AF_UNIX),       NAME(AF_INET),    NAME(AF_AX25),    NAME(AF_IPX),
    NAME(AF_APPLETALK), NAME(AF_NETROM),     NAME(AF_BRIDGE),  NAME(AF_ATMPVC),  NAME(AF_X25),
    NAME(AF_INET6),     NAME(AF_ROSE),       NAME(AF_DECnet),  NAME(AF_NETBEUI), NAME(AF_SECURITY),
    NAME(AF_KEY),       NAME(AF_NETLINK),    NAME(AF_PACKET),  NAME(AF_ASH),     NAME(AF_ECONET),
    NAME(AF_ATMSVC),    NAME(AF_RDS),        NAME(AF_SNA),     NAME(AF_IRDA),    NAME(AF_PPPOX),
    NAME(AF_WANPIPE),   NAME(AF_LLC),        NAME(AF_IB),      NAME(AF_MPLS),    NAME(AF_CAN),
    NAME(AF_TIPC),      NAME(AF_BLUETOOTH),  NAME(AF_IUCV),    NAME(AF_RXRPC),   NAME(AF_ISDN),
    NAME(AF_PHONET),    NAME(AF_IEEE802154), NAME(AF_CAIF),    NAME(AF_ALG),     NAME(AF_NFC),
    NAME(AF_VSOCK),     NAME(AF_KCM),        NAME(AF_QIPCRTR), NAME(AF_SMC),     NAME(AF_XDP),
    NAME(AF_MCTP),
};

static const struct enum_name other_families[] = {
    {"AF_LOCAL", AF_LOCAL}, {"AF_FILE", AF_FILE}, {"AF_ROUTE", AF_ROUTE}};

/* As /etc/protocols has them. */
static const char *const protocols[] = {
    [1] = "icmp",       [2] = "igmp",    [4] = "ipip",   [6] = "tcp",       [17] = "udp",
    [33] = "dccp",      [41] = "ipv6",   [46] = "rsvp",  [47] = "gre",      [50] = "esp",
    [51] = "ah",        [58] = "icmpv6", [89] = "ospf",  [94] = "beetph",   [103] = "pim",
    [108] = "comp",     [112] = "vrrp",  [132] = "sctp", [136] = "udplite", [137] = "mpls",
    [143] = "ethernet", [262] = "mptcp",
};

static const struct enum_name other_protocols[] = {
    {"IPPROTO_ICMP", 1},       {"IPPROTO_IGMP", 2},      {"IPPROTO_IPIP", 4},
    {"IPPROTO_TCP", 6},        {"IPPROTO_UDP", 17},      {"IPPROTO_DCCP", 33},
    {"IPPROTO_IPV6", 41},      {"IPPROTO_RSVP", 46},     {"IPPROTO_GRE", 47},
    {"IPPROTO_ESP", 50},       {"IPPROTO_AH", 51},       {"IPPROTO_ICMPV6", 58},
    {"IPPROTO_BEETPH", 94},    {"IPPROTO_PIM", 103},     {"IPPROTO_COMP", 108},
    {"IPPROTO_SCTP", 132},     {"IPPROTO_UDPLITE", 136}, {"IPPROTO_MPLS", 137},
    {"IPPROTO_ETHERNET", 143}, {"IPPROTO_MPTCP", 262},
};

/* include/net/tcp_states.h */
static const char *const tcp_states[] = {
    [1] = "TCP_ESTABLISHED", [2] = "TCP_SYN_SENT",  [3] = "TCP_SYN_RECV", [4] = "TCP_FIN_WAIT1",
    [5] = "TCP_FIN_WAIT2",   [6] = "TCP_TIME_WAIT", [7] = "TCP_CLOSE",    [8] = "TCP_CLOSE_WAIT",
    [9] = "TCP_LAST_ACK",    [10] = "TCP_LISTEN",   [11] = "TCP_CLOSING", [12] = "TCP_NEW_SYN_RECV",
};

const struct number_set kernel_errors = {NUMBERS(errors), WORDS(other_errors)};
const struct number_set kernel_signals = {NUMBERS(signals), WORDS(other_signals)};
const struct number_set kernel_capabilities = {NUMBERS(capabilities)};
const struct number_set kernel_capability_sets = {NUMBERS(capabilities), .is_flags = true};
const struct number_set kernel_families = {NUMBERS(families), WORDS(other_families)};
const struct number_set kernel_protocols = {NUMBERS(protocols), WORDS(other_protocols)};
const struct number_set kernel_tcp_states = {NUMBERS(tcp_states)};
