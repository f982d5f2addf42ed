// SPDX-License-Identifier: Apache-2.0
#include "source/builtin_meanings.h"

#include <stddef.h>
#include <string.h>

/* Of a socket, uid, cgroup_id and netns are known always, the rest of its process perhaps. A choice
 * takes the place of the convention for a field, so that is given, too. */
#define SOCKET_PROCESS                                                                       \
    {.path = "pid..uid", .as = "by:pid_known,is:1"},                                         \
        {.path = "gid..cgroup_id", .as = "by:pid_known,is:1"}, {.path = "gid", .as = "gid"}, \
        {.path = "loginuid", .as = "uid"}, {.path = "start", .as = "boottime"},              \
        {.path = "mntns..netns", .as = "by:pid_known,is:1"},                                 \
    {                                                                                        \
        .path = "userns..pid_known", .as = "by:pid_known,is:1"                               \
    }

static const struct meaning_choice socket_meanings[] = {
    SOCKET_PROCESS,
    {0},
};

static const struct meaning_choice tcp_meanings[] = {
    SOCKET_PROCESS,
    {.path = "duration_ns", .as = "by:direction,is:OUTGOING,is:INCOMING"},
    {0},
};

static const struct meaning_choice dns_meanings[] = {
    SOCKET_PROCESS,
    {.path = "answers", .as = "by:kind,is:ANSWER"},
    {.path = "rcode", .as = "by:kind,is:ANSWER"},
    {.path = "type", .as = "by:malformed,is:0"},
    {.path = "latency_ns", .as = "by:matched,is:1"},
    {0},
};

const struct meaning_choice *builtin_meanings(const char *name)
{
    static const struct {
        const char *name;
        const struct meaning_choice *meanings;
    } sources[] = {
        {"connect", socket_meanings}, {"tcp", tcp_meanings},           {"udp", socket_meanings},
        {"dns", dns_meanings},        {"retransmit", socket_meanings},
    };

    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].meanings;
    return NULL;
}
