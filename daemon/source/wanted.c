// SPDX-License-Identifier: Apache-2.0
#include "source/wanted.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/cgroup_place.h"
#include "source/constants.h"
#include "source/object.h"

int wanted_check(const struct wanted_config *config, bool is_kept, const struct config_node *node,
                 struct diag *diag)
{
    int result = 0;

    if (config->cgroup && config->container) {
        diag_add_key(diag, config_map_get(node, "container"),
                     "\"cgroup\" and \"container\" cannot be used together; leave out one of them");
        result = -EINVAL;
    }
    if (!config->own_events && is_kept) {
        diag_add_key(diag, config_map_get(node, "own_events"),
                     "a kept program would leave out the process that started it and not the next "
                     "one; remove own_events or keep");
        result = -EINVAL;
    }
    return result;
}

static int find_cgroup(const struct wanted_config *config, struct cgroup_place *ret,
                       struct error *error)
{
    *ret = (struct cgroup_place){.level = -1};
    if (config->cgroup)
        return cgroup_place_find(config->cgroup, ret, error);
    return config->container ? cgroup_place_of_container(config->container, ret, error) : 0;
}

static bool is_in_first_pid_namespace(void)
{
    enum { FIRST_PID_NAMESPACE = 0xeffffffc }; /* PROC_PID_INIT_INO of the kernel */
    struct stat info;

    return stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == FIRST_PID_NAMESPACE;
}

/* What programs see as the pid of this process: in a container, getpid() is another one. Only the
 * kernel knows it, so a program asks. 0: unknown. */
static uint32_t own_pid(void)
{
    const struct bpf_insn code[] = {
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid},
        {.code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = BPF_REG_0, .imm = 32},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, load, .prog_flags = BPF_F_SLEEPABLE);
    LIBBPF_OPTS(bpf_test_run_opts, run);
    int fd, result;

    if (is_in_first_pid_namespace())
        return (uint32_t)getpid();
    fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "own_pid", "GPL", code,
                       sizeof(code) / sizeof(code[0]), &load);
    if (fd < 0)
        return 0;
    result = bpf_prog_test_run_opts(fd, &run);
    close(fd);
    return result < 0 ? 0 : run.retval;
}

int wanted_apply(const struct wanted_config *config, struct object *object, struct error *error)
{
    struct cgroup_place place;
    int result = find_cgroup(config, &place, error);

    if (result == 0)
        result = constants_set_number(object->plan, "unwanted_pid",
                                      config->own_events ? 0 : own_pid(), error);
    if (result == 0)
        result = constants_set_number(object->plan, "wanted_pid", (uint64_t)config->pid, error);
    if (result == 0)
        result = constants_set_number(object->plan, "wanted_cgroup", place.id, error);
    if (result == 0)
        result =
            constants_set_number(object->plan, "wanted_cgroup_level", (uint64_t)place.level, error);
    return result;
}
