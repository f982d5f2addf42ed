// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the built-in programs read of files and mounts in the kernel; see core.bpf.h. */

#include "core.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seqcount {
    unsigned int sequence;
};

struct seqcount_spinlock {
    struct seqcount seqcount;
};

struct hlist_bl_node {
    struct hlist_bl_node *next;
    struct hlist_bl_node **pprev;
};

struct qstr {
    struct {
        __u32 hash;
        __u32 len;
    };
    const unsigned char *name;
};

struct dentry_operations {
    char *(*d_dname)(void);
};

struct file_system_type {
    const char *name;
};

struct super_block {
    struct file_system_type *s_type;
    __u32 s_dev;
    unsigned long s_magic;
};

struct inode {
    __u16 i_mode;
    struct {
        __u32 val;
    } i_uid;
    struct {
        __u32 val;
    } i_gid;
    unsigned long i_ino;
    struct super_block *i_sb;
    void *i_private;
};

union shortname_store {
    unsigned long words[5];
};

struct dentry {
    struct seqcount_spinlock d_seq;
    struct hlist_bl_node d_hash;
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
    union shortname_store d_shortname;
    const struct dentry_operations *d_op;
    struct super_block *d_sb;
};

struct dentry___before_6_14 {
    unsigned char d_iname[32];
};

struct vfsmount {
    struct dentry *mnt_root;
    struct super_block *mnt_sb;
};

struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
    const char *mnt_devname;
};

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};

struct fs_struct {
    struct path root;
    struct path pwd;
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    unsigned int f_flags;
    void *private_data;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
    unsigned long *close_on_exec;
    unsigned long *open_fds;
};

struct files_struct {
    struct fdtable *fdt;
};

/* Requests of io_uring: its first member is of what is asked for, such as an io_unlink. */
struct filename {
    const char *name;
};

struct io_cqe {
    int res;
};

struct io_kiocb {
    struct file *file;
    __u8 opcode;
    __u32 flags;
    struct io_cqe cqe;
};

struct io_unlink {
    int dfd;
    int flags;
    struct filename *filename;
};

struct io_rename {
    int old_dfd;
    int new_dfd;
    struct filename *oldpath;
    struct filename *newpath;
    int flags;
};

struct io_link {
    int old_dfd;
    int new_dfd;
    struct filename *oldpath;
    struct filename *newpath;
    int flags;
};

struct io_close {
    int fd;
    __u32 file_slot;
};

#pragma clang attribute pop
