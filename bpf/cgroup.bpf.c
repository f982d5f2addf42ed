// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* Reports each cgroup of version 2 as it is made, before any process can be in it, and as it is
 * removed. The path is put together by the reader, out of that of the parent: the kernel's text is
 * counted from the real root, and the daemon may see only a part of the tree. */

#include "ringmill.bpf.h"

#include "cgroup_change.h"
#include "core.bpf.h"

#define HIERARCHY_OF_VERSION_2 0

RINGMILL_RING(notes, 1 << 18);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct cgroup_note);
} scratch SEC(".maps");

/* In mapped memory, so that the reader needs no system call, for which it lacks the capability. */
__u64 notes_dropped = 0;

static __always_inline int note(const struct cgroup *cgroup, __u32 removed)
{
    struct cgroup_subsys_state *parent = cgroup->self.parent;
    __u32 key = 0;
    struct cgroup_note *note = bpf_map_lookup_elem(&scratch, &key);
    long length = 0;

    if (!note || !parent || cgroup->root->hierarchy_id != HIERARCHY_OF_VERSION_2)
        return 0;
    note->id = cgroup->kn->id;
    note->parent = parent->cgroup->kn->id;
    note->removed = removed;
    if (!removed)
        length = bpf_probe_read_kernel_str(note->name, sizeof(note->name), cgroup->kn->name);
    if (length < 0 || length > CGROUP_NAME_SIZE)
        length = 0;
    note->length = length > 0 ? length - 1 : 0;
    if (ringmill_output(notes, note, __builtin_offsetof(struct cgroup_note, name) + length))
        __sync_fetch_and_add(&notes_dropped, 1);
    return 0;
}

SEC("tp_btf/cgroup_mkdir")
int ringmill_mkdir(struct cgroup_change *context)
{
    return note(context->cgroup, 0);
}

SEC("tp_btf/cgroup_rmdir")
int ringmill_rmdir(struct cgroup_change *context)
{
    return note(context->cgroup, 1);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
