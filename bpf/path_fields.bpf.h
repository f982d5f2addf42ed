// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Where: the fields that the records of all built-in sources share whose system call names a file.
 * A record has them as an unnamed member, as it has process_fields:
 *
 *     struct open_event {
 *         ...
 *         struct path_fields;
 *         char texts[];
 *     };
 *
 * The texts are added in this order, so that a path that is made of what was typed needs no bytes
 * of its own; there must be room for PATH_FIELDS_SIZE of them:
 *
 *     cwd  dirfd_path '/' path_arg  path
 *
 * The path of an open file can be the first of them instead: see path_share_cwd(). */

#include "path.bpf.h"

enum { PATH_FIELDS_SIZE = 4 * PATH_SIZE };

struct path_fields {
    struct ringmill_text path;
    struct ringmill_text path_arg; /* as typed */
    struct ringmill_text cwd;
    struct ringmill_text dirfd_path; /* where the call failed and path_arg is relative to it */
    __u64 inode;
    struct path_device device;
    _Bool inode_known;    /* otherwise inode and device are 0, and null in the output */
    _Bool path_resolved;  /* path is that of the file itself, not one made of what was typed */
    _Bool path_truncated; /* path is missing because it is too long or too deep */
    _Bool deleted;        /* the file has been deleted; path is its last name */
};

/* Of a record that has them. */
#define PATH_FIELDS(record) ((struct path_fields *)&(record)->path)

static __always_inline void path_fields_clear(struct path_fields *fields)
{
    ringmill_no_text(&fields->path);
    ringmill_no_text(&fields->path_arg);
    ringmill_no_text(&fields->cwd);
    ringmill_no_text(&fields->dirfd_path);
    fields->inode = 0;
    fields->inode_known = 0;
    fields->device = (struct path_device){0};
    fields->path_resolved = 0;
    fields->path_truncated = 0;
    fields->deleted = 0;
}

/* In all of these: `record` begins the sample, `texts` is where its texts begin, of which `used`
 * bytes are in use; they return how many are in use then. */

static __always_inline __u64 path_add_cwd(struct path_fields *fields, struct path_scratch *scratch,
                                          void *record, __u32 texts, __u64 used)
{
    if (!path_from_cwd(scratch) || path_resolve(scratch) != PATH_RESOLVED)
        return used;
    return path_append(scratch, record, texts, used, &fields->cwd);
}

static __always_inline __u64 path_add_dirfd(struct path_fields *fields,
                                            struct path_scratch *scratch, __s32 dirfd, void *record,
                                            __u32 texts, __u64 used)
{
    if (!path_from_descriptor(scratch, dirfd) || path_resolve(scratch) != PATH_RESOLVED)
        return used;
    return path_append(scratch, record, texts, used, &fields->dirfd_path);
}

/* What was typed, from user memory, or from the kernel's copy of it. After a slash, by which it is
 * joined with what is before. */
static __always_inline __u64 path_add_typed(struct path_fields *fields, unsigned long typed,
                                            _Bool is_user, void *record, __u32 texts, __u64 used)
{
    char *to = (char *)record + texts + used;
    long size;

    *to = '/';
    if (is_user)
        size = bpf_probe_read_user_str(to + 1, PATH_SIZE, (const void *)typed);
    else
        size = bpf_probe_read_kernel_str(to + 1, PATH_SIZE, (const void *)typed);
    if (size < 0)
        return used;
    if (size == 0) /* an empty text: older kernels do not count its NUL */
        size = 1;
    fields->path_arg.offset = texts + used + 1;
    fields->path_arg.length = size - 1;
    return used + 1 + ((size - 1) & (PATH_SIZE - 1));
}

/* The current directory's path where it is the first part of what was resolved. */
static __always_inline void path_share_cwd(struct path_fields *fields,
                                           const struct path_scratch *scratch)
{
    __u32 below = scratch->below_cwd;

    if (below > fields->path.length)
        return;
    fields->cwd.offset = fields->path.offset;
    fields->cwd.length = fields->path.length - below;
    if (below == scratch->length) /* a root, whose path is the slash of the first name */
        fields->cwd.length++;
}

/* The file that path_from_...() found. */
static __always_inline __u64 path_add_file(struct path_fields *fields, struct path_scratch *scratch,
                                           void *record, __u32 texts, __u64 used)
{
    long state;

    fields->inode_known = path_read_inode(scratch, &fields->inode, &fields->device);
    state = path_resolve(scratch);
    fields->deleted = scratch->deleted;
    fields->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return used;
    fields->path_resolved = 1;
    return path_append(scratch, record, texts, used, &fields->path);
}

static __always_inline _Bool path_is_absolute(unsigned long typed)
{
    char first = 0;

    bpf_probe_read_user(&first, 1, (const void *)typed);
    return first == '/';
}

/* Makes the path of what was typed, if there is no better one. It is joined with `base`, cwd or
 * dirfd_path, which ends where the slash before path_arg is; NULL if it is absolute. */
static __always_inline void path_join(struct path_fields *fields, const struct ringmill_text *base)
{
    __u32 length = fields->path_arg.length;

    if (fields->path_resolved || fields->path_truncated || length == 0)
        return;
    if (!base) {
        fields->path = fields->path_arg;
        return;
    }
    if (base->offset == RINGMILL_NO_TEXT)
        return;
    if (base->length == 1) { /* "/": the slash before path_arg is enough */
        fields->path.offset = fields->path_arg.offset - 1;
        fields->path.length = length + 1;
        return;
    }
    length += base->length + 1;
    if (length >= PATH_SIZE) {
        fields->path_truncated = 1;
        return;
    }
    fields->path.offset = base->offset;
    fields->path.length = length;
}
