// SPDX-License-Identifier: Apache-2.0
#include "source/builtin_meanings.h"

#include <stddef.h>
#include <string.h>

/* What may be unknown of any process. */
#define ANCESTORS                                                   \
    {.path = "ancestor_count", .as = "by:ancestors_known,is:1"},    \
        {.path = "ancestor_pids", .as = "by:ancestors_known,is:1"}, \
    {                                                               \
        .path = "ancestor_pids", .as = "count:ancestor_count"       \
    }
#define PROCESS                                          \
    {.path = "mntns", .as = "by:namespaces_known,is:1"}, \
        {.path = "netns", .as = "by:namespaces_known,is:1"}, ANCESTORS

static const struct meaning_choice process_meanings[] = {
    PROCESS,
    {0},
};

/* Of a socket, uid, cgroup_id and netns are known always, the rest of its process perhaps. A choice
 * takes the place of the convention for a field, so that is given, too. */
#define SOCKET_PROCESS                                                                       \
    {.path = "pid..uid", .as = "by:pid_known,is:1"},                                         \
        {.path = "gid..cgroup_id", .as = "by:pid_known,is:1"}, {.path = "gid", .as = "gid"}, \
        {.path = "loginuid", .as = "uid"}, {.path = "start", .as = "boottime"},              \
        {.path = "mntns", .as = "by:namespaces_known,is:1"},                                 \
        {.path = "pidns", .as = "by:pid_known,is:1"},                                        \
        {.path = "userns..ancestor_count", .as = "by:pid_known,is:1"}, ANCESTORS

static const struct meaning_choice socket_meanings[] = {
    SOCKET_PROCESS,
    {0},
};

static const struct meaning_choice tcp_meanings[] = {
    SOCKET_PROCESS,
    {.path = "duration_ns", .as = "by:direction,is:OUTGOING,is:INCOMING"},
    {0},
};

static const struct meaning_choice listen_meanings[] = {
    {.path = "sport", .as = "by:sport_known,is:1"},
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

static const struct meaning_choice block_meanings[] = {
    {.path = "pid..mntns", .as = "by:submitter_known,is:1"},
    {.path = "pidns", .as = "by:submitter_known,is:1"},
    {.path = "userns..ancestor_count", .as = "by:submitter_known,is:1"},
    PROCESS,
    {.path = "latency_ns", .as = "by:latency_known,is:1"},
    {.path = "queue_ns", .as = "by:issued,is:1"},
    {.path = "device_ns", .as = "by:issued,is:1"},
    {0},
};

static const struct meaning_choice bpf_meanings[] = {
    PROCESS,
    {.path = "fd", .as = "by:error,is:0"},
    {.path = "id", .as = "by:known,is:1"},
    {.path = "prog_type..map_type", .as = "by:command,is:BPF_PROG_LOAD"},
    {.path = "attach_type", .as = "by:has_attach_type,is:1"},
    {.path = "translated_instructions", .as = "by:known,is:1"},
    {.path = "jited_bytes", .as = "by:known,is:1"},
    {.path = "function", .as = "by:known,is:1"},
    {.path = "tag", .as = "by:known,is:1"},
    {.path = "tag", .as = "bytes"},
    {.path = "map_type", .as = "by:command,is:BPF_MAP_CREATE"},
    {.path = "key_size", .as = "by:command,is:BPF_MAP_CREATE"},
    {.path = "value_size", .as = "by:command,is:BPF_MAP_CREATE"},
    {.path = "max_entries", .as = "by:command,is:BPF_MAP_CREATE"},
    {.path = "map_flags", .as = "by:command,is:BPF_MAP_CREATE"},
    {0},
};

static const struct meaning_choice module_meanings[] = {
    PROCESS,
    {.path = "taints", .as = "by:known,is:1"},
    {.path = "size", .as = "by:known,is:1"},
    {0},
};

static const struct meaning_choice oom_meanings[] = {
    PROCESS,
    {.path = "constraint", .as = "by:constraint_known,is:1"},
    {.path = "victim_pid", .as = "by:victim_known,is:1"},
    {.path = "victim_uid", .as = "by:victim_known,is:1"},
    {.path = "victim_uid", .as = "uid"},
    {.path = "oom_score_adj", .as = "by:victim_known,is:1"},
    {.path = "victim_comm", .as = "by:victim_known,is:1"},
    {.path = "victim_start", .as = "by:victim_known,is:1"},
    {.path = "victim_cgroup_id", .as = "by:victim_known,is:1"},
    {.path = "total_vm", .as = "by:victim_known,is:1"},
    {.path = "anon_rss", .as = "by:victim_known,is:1"},
    {.path = "file_rss", .as = "by:victim_known,is:1"},
    {.path = "shmem_rss", .as = "by:victim_known,is:1"},
    {.path = "page_tables", .as = "by:victim_known,is:1"},
    {0},
};

static const struct meaning_choice ptrace_meanings[] = {
    PROCESS,
    {.path = "target_pid", .as = "by:target_known,is:1"},
    {.path = "target_tid", .as = "by:target_known,is:1"},
    {.path = "target_uid", .as = "by:target_known,is:1"},
    {.path = "target_uid", .as = "uid"},
    {.path = "target_comm", .as = "by:target_known,is:1"},
    {.path = "addr", .as = "hex"},
    {.path = "data", .as = "hex"},
    {0},
};

static const struct meaning_choice setid_meanings[] = {
    PROCESS,
    {.path = "syscall_nr", .as = "by:cause,is:SETID_CALL"},
    {0},
};

static const struct meaning_choice chmod_meanings[] = {
    PROCESS,
    {.path = "mode_before", .as = "by:modes_known,is:1"},
    {.path = "mode_after", .as = "by:modes_known,is:1"},
    {0},
};

static const struct meaning_choice chown_meanings[] = {
    PROCESS,
    {.path = "uid_before", .as = "by:owners_known,is:1"},
    {.path = "gid_before", .as = "by:owners_known,is:1"},
    {.path = "uid_after", .as = "by:owners_known,is:1"},
    {.path = "gid_after", .as = "by:owners_known,is:1"},
    {0},
};

static const struct meaning_choice mount_meanings[] = {
    PROCESS,
    {.path = "flags", .as = "by:call,is:MOUNT"},
    {.path = "umount_flags", .as = "by:call,is:UMOUNT"},
    {.path = "move_flags", .as = "by:call,is:MOVE_MOUNT"},
    {.path = "attributes_set", .as = "by:call,is:MOUNT_SETATTR"},
    {.path = "attributes_cleared", .as = "by:call,is:MOUNT_SETATTR"},
    {.path = "propagation", .as = "by:call,is:MOUNT_SETATTR"},
    {0},
};

static const struct meaning_choice path_meanings[] = {
    PROCESS,
    {.path = "inode", .as = "by:inode_known,is:1"},
    {.path = "device", .as = "by:inode_known,is:1"},
    {0},
};

const struct meaning_choice *builtin_meanings(const char *name)
{
    static const struct {
        const char *name;
        const struct meaning_choice *meanings;
    } sources[] = {
        {"connect", socket_meanings}, {"tcp", tcp_meanings},           {"udp", socket_meanings},
        {"dns", dns_meanings},        {"retransmit", socket_meanings}, {"block", block_meanings},
        {"bpf", bpf_meanings},        {"oom", oom_meanings},           {"ptrace", ptrace_meanings},
        {"setid", setid_meanings},    {"chmod", chmod_meanings},       {"chown", chown_meanings},
        {"mount", mount_meanings},    {"open", path_meanings},         {"exec", path_meanings},
        {"module", module_meanings},  {"listen", listen_meanings},
    };

    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].meanings;
    return process_meanings;
}
