// SPDX-License-Identifier: Apache-2.0

/* Programs that see packets and decide about nothing else: socket filters, at a packet socket that
 * nobody reads, and netfilter hooks. */

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "source/attachment.h"
#include "source/hook.h"
#include "source/raw_link.h"

/* ---- socket filters -------------------------------------------------------------------------- */

static uint32_t miss_interface(const struct hook_arguments *arguments)
{
    return arguments->interface.count == 0 ? HOOK_INTERFACE : 0;
}

/* Returns a socket that gets all packets of the interface, or -errno. What the filter accepts is
 * dropped when the smallest receive buffer is full, after the filter has run. */
static int open_socket(const struct bpf_program *program, int interface)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = interface,
    };
    /* protocol 0: no packets before the filter is there */
    _cleanup_(cleanup_close) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int filter = bpf_program__fd(program), smallest = 0;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return TAKE_FD(fd);
}

static int attach_socket(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    (void)name;
    for (uint32_t i = 0; i < arguments->interface.count; i++) {
        int index = 0, result = hook_find_interface(arguments->interface.items[i], error, &index);
        int fd = result < 0 ? result : open_socket(program, index);

        if (result == 0 && (fd == -EPERM || fd == -EACCES))
            return error_set(error, -EPERM,
                             "cannot open a packet socket; run as root, or grant CAP_NET_RAW");
        result = fd < 0 ? fd : attachments_add_fd(attachments, fd);
        if (result < 0)
            return result;
    }
    return 0;
}

const struct hook hook_socket = {
    .what = "a socket filter",
    .unkeepable = "it ends with its socket",
    .keys = HOOK_INTERFACE,
    .missing = miss_interface,
    .attach = attach_socket,
};

/* ---- netfilter ------------------------------------------------------------------------------- */

enum { PRIORITY_DEFAULT = 100, WORD_BYTES = 16 };

/* Reads "ipv4/input" or "ipv4/input/-100". False: it is neither. */
static bool read_place(const char *text, struct raw_link *ret_link)
{
    static const struct {
        const char *name;
        uint32_t family;
    } families[] = {{"ipv4", 2}, {"ipv6", 10}}; /* NFPROTO_IPV4, NFPROTO_IPV6 */
    /* as enum nf_inet_hooks has them */
    static const char *const hooks[] = {"prerouting", "input", "forward", "output", "postrouting"};
    char family[WORD_BYTES] = "", hook[WORD_BYTES] = "";
    int priority = PRIORITY_DEFAULT, end = 0, rest = 0;
    bool has_family = false, has_hook = false;

    if (sscanf(text, "%15[a-z0-9]/%15[a-z]%n/%d%n", family, hook, &end, &priority, &rest) < 2 ||
        text[rest > 0 ? rest : end] != '\0')
        return false;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (strcmp(family, families[i].name) == 0) {
            ret_link->netfilter.family = families[i].family;
            has_family = true;
        }
    for (uint32_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
        if (strcmp(hook, hooks[i]) == 0) {
            ret_link->netfilter.hook = i;
            has_hook = true;
        }
    ret_link->netfilter.priority = priority;
    return has_family && has_hook;
}

/* The place in the section name, as in "netfilter/ipv4/input", which the argument replaces. */
static const char *place_of(const struct hook_arguments *arguments)
{
    return arguments->netfilter ? arguments->netfilter : hook_section_rest(arguments->section);
}

static uint32_t miss_netfilter(const struct hook_arguments *arguments)
{
    return place_of(arguments) ? 0 : HOOK_NETFILTER;
}

static int attach_netfilter(struct bpf_program *program, const char *name,
                            const struct hook_arguments *arguments, struct attachments *attachments,
                            struct error *error)
{
    struct raw_link link = {
        .program = (uint32_t)bpf_program__fd(program),
        .attach_type = RAW_NETFILTER,
    };
    int fd;

    (void)name;
    if (!read_place(place_of(arguments), &link))
        return error_set(
            error, -EINVAL,
            "\"%s\" is not a netfilter hook; write FAMILY/HOOK or FAMILY/HOOK/PRIORITY, "
            "with ipv4 or ipv6, and prerouting, input, forward, output or postrouting",
            place_of(arguments));
    fd = raw_link_create(&link);
    if (fd == -EBUSY)
        return error_set(error, -EBUSY,
                         "another BPF program has the priority %d at this netfilter hook; give "
                         "another one, as in ipv4/input/200",
                         link.netfilter.priority);
    if (fd == -ERANGE)
        return error_set(error, -ERANGE, "the kernel reserves the priority %d at netfilter hooks",
                         link.netfilter.priority);
    return fd < 0 ? fd : attachments_add_fd(attachments, fd);
}

const struct hook hook_netfilter = {
    .what = "a netfilter program",
    .keys = HOOK_NETFILTER,
    .missing = miss_netfilter,
    .attach = attach_netfilter,
};
