// SPDX-License-Identifier: Apache-2.0

/* operations NAME COUNT FOLDER: does so often what a built-in source traces, in a folder that may
 * be written to. Prints the nanoseconds of CPU time that one takes, with those of its children:
 * other programs of a busy machine are not in it. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/loop.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE_OF_DISK = 4096, DISK_SIZE = 1 << 20, NO_PID = 4194304 };

extern char **environ;

static int server = -1;
static struct sockaddr_in address = {.sin_family = AF_INET};

static void must(int failed)
{
    if (failed) {
        perror("operations");
        exit(1);
    }
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    must(fd < 0);
    close(fd);
}

static void do_open(void)
{
    close(open("file", O_RDONLY | O_CLOEXEC));
}

static void do_exec(void)
{
    char *const arguments[] = {"/bin/true", NULL};
    pid_t pid;

    must(posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ) != 0);
    waitpid(pid, NULL, 0);
}

static void do_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    must(pid < 0);
    waitpid(pid, NULL, 0);
}

static void do_signal(void)
{
    kill(getpid(), SIGURG); /* ignored, but sent */
}

static void listen_at(int type)
{
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    must(bind(server, (const void *)&address, length) < 0);
    must(type == SOCK_STREAM && listen(server, 16) < 0);
    must(getsockname(server, (void *)&address, &length) < 0);
}

static void do_connect(void)
{
    const struct linger at_once = {.l_onoff = 1}; /* no state that waits, and so no lack of ports */
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

    if (server < 0)
        listen_at(SOCK_STREAM);
    must(connect(client, (const void *)&address, sizeof(address)) < 0);
    peer = accept(server, NULL, NULL);
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(peer);
    close(client);
}

static void do_listen(void)
{
    listen_at(SOCK_STREAM);
    close(server);
    address.sin_port = 0;
}

static void do_udp(void)
{
    int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char text[64] = "";

    if (server < 0)
        listen_at(SOCK_DGRAM);
    sendto(client, text, sizeof(text), 0, (const void *)&address, sizeof(address));
    recv(server, text, sizeof(text), MSG_DONTWAIT);
    close(client);
}

/* One more datagram of the same flow. */
static void do_datagram(void)
{
    static int client = -1;
    char text[64] = "";

    if (server < 0)
        listen_at(SOCK_DGRAM);
    if (client < 0)
        client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sendto(client, text, sizeof(text), 0, (const void *)&address, sizeof(address));
    recv(server, text, sizeof(text), MSG_DONTWAIT);
}

/* A query that nobody gets. */
static void do_dns(void)
{
    static const char query[] = "\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\0\0\1\0\1";
    static const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 53 << 8};
    static int client = -1;
    struct sockaddr_in at = to;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (client < 0)
        client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sendto(client, query, sizeof(query) - 1, 0, (const void *)&at, sizeof(at));
}

/* A segment of a connection that stays, and its acknowledgement. */
static void do_segment(void)
{
    static int client = -1, accepted;
    char text[64] = "";

    if (server < 0) {
        listen_at(SOCK_STREAM);
        client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(connect(client, (const void *)&address, sizeof(address)) < 0);
        accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    }
    must(send(client, text, sizeof(text), 0) != sizeof(text));
    recv(accepted, text, sizeof(text), 0);
}

static void do_delete(void)
{
    touch("deleted");
    must(unlink("deleted") < 0);
}

static void do_rename(void)
{
    touch("one");
    must(rename("one", "two") < 0);
}

static void do_link(void)
{
    must(link("file", "linked") < 0);
    unlink("linked");
}

static void do_chmod(void)
{
    must(chmod("file", 0600) < 0);
}

static void do_chown(void)
{
    must(chown("file", getuid(), getgid()) < 0);
}

static void do_write(void)
{
    int fd = open("file", O_WRONLY | O_CLOEXEC);

    must(write(fd, "text", 4) != 4);
    close(fd);
}

static void do_mount(void)
{
    mkdir("mounted", 0700);
    must(mount("none", "mounted", "tmpfs", 0, NULL) < 0);
    must(umount("mounted") < 0);
}

/* To another user and back: a call that changes nothing makes no record. */
static void do_setid(void)
{
    static int times;

    must(seteuid(times++ % 2 == 0 ? 65534 : getuid()) < 0);
}

static void do_ptrace(void)
{
    ptrace(PTRACE_PEEKDATA, NO_PID, NULL, NULL); /* no process has it */
}

static void do_bpf(void)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY}; /* refused: it has no size */

    syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* A command that makes no record. */
static void do_bpf_lookup(void)
{
    union bpf_attr attr = {.map_fd = (__u32)-1};

    syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
}

/* A loop device in memory, which is gone when this ends. */
static int open_disk(void)
{
    struct loop_config config = {.fd = (__u32)open("disk", O_RDWR | O_CREAT | O_CLOEXEC, 0600),
                                 .info.lo_flags = LO_FLAGS_AUTOCLEAR};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), device;
    char path[32];

    must(control < 0 || ftruncate((int)config.fd, DISK_SIZE) < 0);
    snprintf(path, sizeof(path), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
    close(control);
    device = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    must(device < 0 || ioctl(device, LOOP_CONFIGURE, &config) < 0);
    return device;
}

static void do_block(void)
{
    static int device = -1;
    static char data[PAGE_OF_DISK] __attribute__((aligned(PAGE_OF_DISK)));

    if (device < 0)
        device = open_disk();
    must(pread(device, data, sizeof(data), 0) != sizeof(data));
}

static const struct {
    const char *name;
    void (*act)(void);
} operations[] = {
    {"open", do_open},         {"exec", do_exec},     {"fork", do_fork},
    {"signal", do_signal},     {"listen", do_listen}, {"udp", do_udp},
    {"delete", do_delete},     {"rename", do_rename}, {"link", do_link},
    {"chmod", do_chmod},       {"chown", do_chown},   {"write", do_write},
    {"mount", do_mount},       {"setid", do_setid},   {"connect", do_connect},
    {"datagram", do_datagram}, {"dns", do_dns},       {"segment", do_segment},
    {"ptrace", do_ptrace},     {"bpf", do_bpf},       {"bpf_lookup", do_bpf_lookup},
    {"block", do_block},
};

static double used(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static double used_by_all(void)
{
    return used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);
}

int main(int argc, char **argv)
{
    if (argc < 4 || chdir(argv[3]) < 0)
        return 2;
    touch("file");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        long count = atol(argv[2]);
        double before;

        if (strcmp(operations[i].name, argv[1]) != 0)
            continue;
        operations[i].act();
        before = used_by_all();
        for (long k = 0; k < count; k++)
            operations[i].act();
        printf("%.1f\n", (used_by_all() - before) / (double)count);
        return 0;
    }
    fprintf(stderr, "no operation %s\n", argv[1]);
    return 2;
}
