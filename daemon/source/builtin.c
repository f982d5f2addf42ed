// SPDX-License-Identifier: Apache-2.0

/* Only the embedded ELF of bpftool's skeletons is used: a built-in program is then handled like any
 * object of a user, and its field names come from its BTF. */

#include "source/builtin.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <ringmill/ring.h>
#include <string.h>
#include <unistd.h>

#include "accept.skel.h"
#include "base/cgroup_tree.h"
#include "base/log.h"
#include "base/suggestion.h"
#include "block.skel.h"
#include "bpf.skel.h"
#include "chmod.skel.h"
#include "chown.skel.h"
#include "config/setting.h"
#include "connect.skel.h"
#include "delete.skel.h"
#include "dns.skel.h"
#include "exec.skel.h"
#include "exit.skel.h"
#include "fork.skel.h"
#include "link.skel.h"
#include "listen.skel.h"
#include "module.skel.h"
#include "mount.skel.h"
#include "oom.skel.h"
#include "open.skel.h"
#include "ptrace.skel.h"
#include "rename.skel.h"
#include "retransmit.skel.h"
#include "setid.skel.h"
#include "signal.skel.h"
#include "source/builtin_meanings.h"
#include "source/builtin_settings.h"
#include "source/constants.h"
#include "source/forgotten.h"
#include "source/iteration.h"
#include "source/kind.h"
#include "source/lineage.h"
#include "source/object.h"
#include "source/object_rings.h"
#include "source/object_source.h"
#include "source/own_rings.h"
#include "source/takeover.h"
#include "source/wanted.h"
#include "tcp.skel.h"
#include "udp.skel.h"
#include "write.skel.h"

static const struct setting write_settings[] = {
    {
        .name = "min_bytes",
        .type = SETTING_SIZE,
        .minimum = 1,
        .maximum = INT64_C(1) << 40,
        .fallback = "1",
        .doc = "only files of which at least this much was read and written",
    },
    {
        .name = "min_written",
        .type = SETTING_SIZE,
        .maximum = INT64_C(1) << 40,
        .fallback = "0",
        .doc = "only files to which at least this much was written",
    },
    {0},
};

static const struct setting fork_settings[] = {
    {
        .name = "threads",
        .type = SETTING_BOOL,
        .fallback = "false",
        .doc = "also new threads",
    },
    {0},
};

static const struct setting block_settings[] = {
    {
        .name = "min_latency",
        .type = SETTING_DURATION,
        .fallback = "0",
        .doc = "only I/O that took at least this long",
    },
    {0},
};

enum { SOCKETS_MAX = 1 << 20, FLOWS_MAX = 1 << 24 };

#define SETTING_SOCKETS                                                                     \
    {                                                                                       \
        .name = "sockets", .type = SETTING_INTEGER, .minimum = 16, .maximum = SOCKETS_MAX,  \
        .fallback = "16384", .doc = "sockets whose process is remembered at the same time", \
    }

static const struct setting socket_settings[] = {
    SETTING_SOCKETS,
    {0},
};

static const struct builtin_table socket_tables[] = {{.map = "owners", .setting = "sockets"}, {0}};

static const struct setting tcp_settings[] = {
    {
        .name = "starts",
        .type = SETTING_BOOL,
        .fallback = "false",
        .doc = "also a record when a connection is established",
    },
    SETTING_SOCKETS,
    {0},
};

static const struct setting udp_settings[] = {
    {
        .name = "flows",
        .type = SETTING_INTEGER,
        .minimum = 4,
        .maximum = FLOWS_MAX,
        .fallback = "65536",
        .doc = "flows that are remembered, 16 bytes each",
    },
    {0},
};

static const struct builtin_table udp_tables[] = {
    {.map = "recent", .setting = "flows", .per_element = 4},
    {0},
};

static const struct setting dns_settings[] = {
    {
        .name = "queries",
        .type = SETTING_INTEGER,
        .minimum = 4,
        .maximum = FLOWS_MAX,
        .fallback = "16384",
        .doc = "queries that wait for their answers, 16 bytes each",
    },
    {0},
};

static const struct builtin_table dns_tables[] = {
    {.map = "recent", .setting = "queries", .per_element = 4},
    {0},
};

static const struct setting exec_settings[] = {
    {
        .name = "failed",
        .type = SETTING_BOOL,
        .fallback = "false",
        .doc = "also programs that could not be started, with the error",
    },
    {0},
};

static const struct builtin_program exec_programs[] = {
    {.name = "ringmill_exec_failed", .setting = "failed"},
    {0},
};

const struct builtin builtins[] = {
    {
        .name = "exec",
        .type_name = "struct exec_event",
        .doc = "programs started",
        .if_silent = "start a program in another terminal: /bin/true",
        .elf = exec_bpf__elf_bytes,
        .settings = exec_settings,
        .programs = exec_programs,
    },
    {
        .name = "exit",
        .type_name = "struct exit_event",
        .doc = "processes ended",
        .if_silent = "start a program in another terminal: /bin/true",
        .elf = exit_bpf__elf_bytes,
    },
    {
        .name = "open",
        .type_name = "struct open_event",
        .doc = "files opened, and failed attempts to open",
        .if_silent = "open a file: cat /etc/hostname",
        .elf = open_bpf__elf_bytes,
    },
    {
        .name = "connect",
        .type_name = "struct connect_event",
        .doc = "TCP connections, each state change",
        .if_silent = "make a TCP connection: curl http://localhost/",
        .elf = connect_bpf__elf_bytes,
        .settings = socket_settings,
        .tables = socket_tables,
    },
    {
        .name = "signal",
        .type_name = "struct signal_event",
        .doc = "signals sent",
        .if_silent = "send a signal in a shell: kill -CONT $$",
        .elf = signal_bpf__elf_bytes,
    },
    {
        .name = "tcp",
        .type_name = "struct tcp_event",
        .doc = "TCP connections, each when it ends, or also when it begins",
        .if_silent = "make a TCP connection: curl http://localhost/",
        .elf = tcp_bpf__elf_bytes,
        .settings = tcp_settings,
        .tables = socket_tables,
    },
    {
        .name = "listen",
        .type_name = "struct listen_event",
        .doc = "TCP sockets that begin to listen",
        .if_silent = "listen in another terminal: python3 -m http.server",
        .elf = listen_bpf__elf_bytes,
    },
    {
        .name = "accept",
        .type_name = "struct accept_event",
        .doc = "TCP connections accepted by processes",
        .if_silent = "connect to a server of this machine: curl http://localhost/",
        .elf = accept_bpf__elf_bytes,
    },
    {
        .name = "udp",
        .type_name = "struct udp_event",
        .doc = "UDP flows, each at its first packet",
        .if_silent = "send a datagram: echo > /dev/udp/localhost/9 (in bash)",
        .elf = udp_bpf__elf_bytes,
        .settings = udp_settings,
        .tables = udp_tables,
    },
    {
        .name = "dns",
        .type_name = "struct dns_event",
        .doc = "DNS queries and answers",
        .if_silent = "ask for a name: getent hosts debian.org",
        .elf = dns_bpf__elf_bytes,
        .settings = dns_settings,
        .tables = dns_tables,
    },
    {
        .name = "retransmit",
        .type_name = "struct retransmit_event",
        .doc = "TCP segments sent again",
        .if_silent = "connect to an address that does not answer: curl http://192.0.2.1/",
        .elf = retransmit_bpf__elf_bytes,
        .settings = socket_settings,
        .tables = socket_tables,
    },
    {
        .name = "fork",
        .type_name = "struct fork_event",
        .doc = "processes created",
        .if_silent = "start a program in another terminal: /bin/true",
        .elf = fork_bpf__elf_bytes,
        .settings = fork_settings,
    },
    {
        .name = "module",
        .type_name = "struct module_event",
        .doc = "kernel modules loaded and unloaded",
        .if_silent = "load a kernel module: modprobe dummy",
        .elf = module_bpf__elf_bytes,
    },
    {
        .name = "ptrace",
        .type_name = "struct ptrace_event",
        .doc = "calls of ptrace(2)",
        .if_silent = "trace a program: strace /bin/true",
        .elf = ptrace_bpf__elf_bytes,
    },
    {
        .name = "setid",
        .type_name = "struct setid_event",
        .doc = "credentials changed, and refused attempts",
        .if_silent = "run a program as another user: su nobody -s /bin/true",
        .elf = setid_bpf__elf_bytes,
    },
    {
        .name = "bpf",
        .type_name = "struct bpf_event",
        .doc = "BPF programs loaded and maps created",
        .if_silent = "load a BPF program: bpftrace -e 'BEGIN { exit(); }'",
        .elf = bpf_bpf__elf_bytes,
    },
    {
        .name = "oom",
        .type_name = "struct oom_event",
        .doc = "processes killed because memory ran out",
        .if_silent = "use up the memory of a cgroup",
        .elf = oom_bpf__elf_bytes,
        .has_page_size = true,
    },
    {
        .name = "block",
        .type_name = "struct block_event",
        .doc = "I/O of block devices, with its latency",
        .if_silent = "write to a disk: dd if=/dev/zero of=file bs=1M count=1 conv=fsync",
        .elf = block_bpf__elf_bytes,
        .settings = block_settings,
    },
    {
        .name = "delete",
        .type_name = "struct delete_event",
        .doc = "files and folders deleted",
        .if_silent = "delete a file: touch file; rm file",
        .elf = delete_bpf__elf_bytes,
    },
    {
        .name = "rename",
        .type_name = "struct rename_event",
        .doc = "files and folders renamed",
        .if_silent = "rename a file: touch file; mv file other",
        .elf = rename_bpf__elf_bytes,
    },
    {
        .name = "link",
        .type_name = "struct link_event",
        .doc = "hard and symbolic links made",
        .if_silent = "make a link: ln -s /etc/hostname link",
        .elf = link_bpf__elf_bytes,
    },
    {
        .name = "chmod",
        .type_name = "struct chmod_event",
        .doc = "modes of files changed",
        .if_silent = "change a mode: touch file; chmod 600 file",
        .elf = chmod_bpf__elf_bytes,
    },
    {
        .name = "chown",
        .type_name = "struct chown_event",
        .doc = "owners of files changed",
        .if_silent = "change an owner: touch file; chown nobody file",
        .elf = chown_bpf__elf_bytes,
    },
    {
        .name = "mount",
        .type_name = "struct mount_event",
        .doc = "file systems mounted, moved and unmounted",
        .if_silent = "mount one: mount -t tmpfs none /mnt; umount /mnt",
        .elf = mount_bpf__elf_bytes,
    },
    {
        .name = "write",
        .type_name = "struct write_event",
        .doc = "bytes written and read, per file when it is closed",
        .if_silent = "write a file: echo text >file",
        .elf = write_bpf__elf_bytes,
        .settings = write_settings,
    },
    {0},
};

const struct builtin *builtin_find(const char *name)
{
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        if (strcmp(builtin->name, name) == 0)
            return builtin;
    return NULL;
}

enum { PID_MAX = 4194304 }; /* PID_MAX_LIMIT of the kernel */

struct builtin_config {
    const char *builtin;
    struct ring_config ring; /* its size only */
    struct keep_config keep;
    struct wanted_config wanted;
    struct builtin_values own; /* the settings of that program */
};

static const struct setting builtin_settings[] = {
    {
        .name = "builtin",
        .type = SETTING_NAME,
        .offset = offsetof(struct builtin_config, builtin),
        .required = true,
        .doc = "a BPF program that comes with ringmill, by name",
    },
    {
        .name = "ring_size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct builtin_config, ring.ring_size),
        .minimum = RING_SIZE_MIN,
        .maximum = RING_SIZE_MAX,
        .doc = "ring size, a power of two (default: as compiled into the program)",
    },
    {
        .name = "own_events",
        .type = SETTING_BOOL,
        .offset = offsetof(struct builtin_config, wanted.own_events),
        .fallback = "true",
        .doc = "also events of the ringmill process itself",
    },
    {
        .name = "pid",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct builtin_config, wanted.pid),
        .minimum = 1,
        .maximum = PID_MAX,
        .doc = "only this process, with all its threads, but not its children (default: all)",
    },
    {
        .name = "cgroup",
        .type = SETTING_NAME,
        .offset = offsetof(struct builtin_config, wanted.cgroup),
        .doc = "only this cgroup, by path or id, and all below it (default: all)",
    },
    {
        .name = "container",
        .type = SETTING_NAME,
        .offset = offsetof(struct builtin_config, wanted.container),
        .doc = "only this container, by name, id or the beginning of its id (default: all)",
    },
    {0},
};

static struct setting_table further_settings(const struct config_node *config, void *bound)
{
    const struct config_node *name = config_map_get(config, "builtin");
    bool is_text = name && name->kind == CONFIG_SCALAR;

    return builtin_settings_table(is_text ? builtin_find(name->text) : NULL,
                                  &((struct builtin_config *)bound)->own);
}

static int refuse_name(const struct config_node *config, const char *name, struct diag *diag)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        suggestion_offer(&suggestion, builtin->name);
    diag_add(diag, config_map_get(config, "builtin"), "unknown built-in source \"%s\"; %s", name,
             suggestion_words(&suggestion));
    return -EINVAL;
}

static bool is_kept(const struct object_source *state)
{
    return state->keep->mode != KEEP_NONE;
}

/* A hook may be missing: not every architecture has every system call, nor every kernel every
 * tracepoint. Those of cgroups exist everywhere; they are for all processes, so they are attached
 * to the root. Iterators are run once, see enter_older(). */
static void prepare_programs(struct object *object)
{
    const char *root = cgroup_tree_root();

    for (uint32_t i = 0; i < object->n_programs; i++) {
        struct object_program *program = &object->programs[i];

        program->may_be_absent = program->hook != &hook_cgroup;
        program->attach &= program->hook != &hook_iterator;
        program->arguments.cgroup = root ? root : "/sys/fs/cgroup";
    }
}

static int open_object(struct source *source, const struct builtin *builtin, struct error *error)
{
    struct object_source *state = source->state = object_source_new();
    size_t size;
    const void *elf = builtin->elf(&size);
    int result;

    if (!state)
        return error_set(error, -ENOMEM, "out of memory");
    state->keep = &((const struct builtin_config *)source->config)->keep;
    state->recheck = RINGMILL_OFF; /* our own programs never use BPF_RB_NO_WAKEUP */
    result = object_open(source->name, elf, size, error, &state->object);
    if (result < 0)
        return result;
    prepare_programs(state->object);
    lineage_choose(state->object, is_kept(state));
    if (builtin->has_page_size) {
        result = constants_set_number(state->object->plan, "page_size",
                                      (uint64_t)sysconf(_SC_PAGESIZE), error);
        if (result < 0)
            return result;
    }
    return builtin_settings_apply(builtin, &((const struct builtin_config *)source->config)->own,
                                  state->object, error);
}

static int builtin_open(struct source *source, const struct config_node *config, struct diag *diag)
{
    struct builtin_config *bound = source->config;
    const struct builtin *builtin = builtin_find(bound->builtin);
    struct error error;
    int result;

    bound->ring.node = config;
    result = ring_config_check(&bound->ring, diag);
    if (!builtin)
        result = refuse_name(config, bound->builtin, diag);
    if (result < 0)
        return result;
    source->if_silent = builtin->if_silent;
    bound->ring.type = builtin->type_name;
    bound->ring.meanings = builtin_meanings(builtin->name);
    result = open_object(source, builtin, &error);
    if (result < 0) {
        diag_add_error(diag, config, &error);
        return result;
    }
    if (keep_check(&bound->keep, ((struct object_source *)source->state)->object, config, diag) < 0)
        return -EINVAL;
    if (wanted_check(&bound->wanted, bound->keep.mode != KEEP_NONE, config, diag) < 0)
        return -EINVAL;
    keep_enter(&bound->keep, source);
    result = object_rings_choose(source->state, NULL, &bound->ring, diag);
    return result < 0 ? result : object_source_make_streams(source, config, diag);
}

static int builtin_load(struct source *source, struct error *error)
{
    const struct builtin_config *config = source->config;
    struct object_source *state = source->state;
    int result = wanted_apply(&config->wanted, state->object, error);

    if (result == 0 && lineage_is_in(state->object) && !is_kept(state) && !state->uses_lineage) {
        result = lineage_take(error);
        state->uses_lineage = result == 0;
        state->prepare = lineage_share;
    }
    return result < 0 ? result : object_source_load(source, error);
}

/* What was there before the source: the programs that note it are attached already. */
static void enter_older(const struct object *object)
{
    const struct bpf_program *program =
        object->loaded ? bpf_object__find_program_by_name(object->loaded, "ringmill_older") : NULL;
    int result = program ? iteration_run_program(program) : 0;

    if (result < 0)
        log_about(LOG_LEVEL_WARNING, "source", object->name,
                  "the processes of sockets that are older than the source are unknown: %s",
                  strerror(-result));
}

static int builtin_attach(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result = state->uses_lineage ? lineage_attach(error) : 0;

    if (result == 0)
        result = object_source_attach(source, error);
    if (result == 0 && lineage_is_in(state->object) && state->object->loaded && is_kept(state))
        lineage_enter(state->object);
    if (result == 0)
        enter_older(state->object);
    return result;
}

static int builtin_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count)
{
    lineage_report();
    return object_source_lost(source, stream, ret_count);
}

static int builtin_forgotten(const struct source *source, uint64_t *ret_forgotten)
{
    return forgotten_read(((const struct object_source *)source->state)->object, ret_forgotten);
}

static void builtin_close(struct source *source)
{
    struct object_source *state = source->state;
    bool uses_lineage = state && state->uses_lineage;

    object_source_close(source);
    if (uses_lineage)
        lineage_drop();
}

const struct source_kind source_builtin = {
    .name = "builtin",
    .settings = builtin_settings,
    .config_size = sizeof(struct builtin_config),
    .further = further_settings,
    .keep_offset = offsetof(struct builtin_config, keep),
    .open = builtin_open,
    .close = builtin_close,
    .load = builtin_load,
    .attach = builtin_attach,
    .detach = object_source_detach,
    .leave = object_source_leave,
    .release = object_source_release,
    .follow = takeover_follow,
    .take_over = takeover_run,
    .undo = object_source_undo,
    .lost = builtin_lost,
    .skipped = object_source_skipped,
    .forgotten = builtin_forgotten,
    .open_ring = own_rings_open,
    .ring_bounds = own_rings_bounds,
    .program = object_source_program,
};
