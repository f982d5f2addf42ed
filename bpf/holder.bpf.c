// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which processes have mapped which BPF ring buffer: one line of struct holder_line for each such
 * mapping on the machine. /proc does not say it: a mapping there names no map, and the fd may be
 * closed long since. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "holder_line.h"

/* The kernel's types, as far as they are read here; libbpf finds the offsets of the running one. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct seq_file;

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct task_struct {
    int tgid;
    char comm[16];
};

struct file {
    void *private_data;
    const void *f_op;
};

struct vm_area_struct {
    struct file *vm_file;
    unsigned long vm_flags;
    unsigned long vm_pgoff;
};

struct bpf_iter__task_vma {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    struct vm_area_struct *vma;
};

struct bpf_map {
    unsigned int id;
    enum bpf_map_type map_type;
};
#pragma clang attribute pop

enum { WRITABLE = 2 }; /* VM_WRITE */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The file operations of BPF maps: what tells their files from others. 0: the kernel does not name
 * them; then type and id must do. */
extern const void bpf_map_fops __ksym __weak;

SEC("iter/task_vma")
int holder(struct bpf_iter__task_vma *context)
{
    struct vm_area_struct *vma = context->vma;
    struct task_struct *task = context->task;
    struct holder_line line = {};
    struct bpf_map *map;
    struct file *file;

    if (!task || !vma)
        return 0;
    file = vma->vm_file;
    if (!file || (&bpf_map_fops && file->f_op != &bpf_map_fops))
        return 0;
    map = file->private_data;
    if (BPF_CORE_READ(map, map_type) != BPF_MAP_TYPE_RINGBUF)
        return 0;
    line.map_id = BPF_CORE_READ(map, id);
    line.pid = task->tgid;
    line.writable = vma->vm_pgoff == 0 && (vma->vm_flags & WRITABLE);
    bpf_probe_read_kernel_str(line.comm, sizeof(line.comm), task->comm);
    bpf_seq_write(context->meta->seq, &line, sizeof(line));
    return 0;
}
