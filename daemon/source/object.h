// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The life of one BPF object in libbpf: opened (its types and maps are known, no privileges
 * needed), loaded, attached, detached. Between opening and loading, the caller chooses what to
 * load: in the programs below, and on the plan, a libbpf object that is never loaded itself and
 * holds sizes of maps and values of constants. So loading can be tried again with fewer programs.
 *
 * Threads: object_load(), object_attach() and object_detach() on the loader thread, which alone has
 * the capabilities; the others anywhere, not at the same time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "source/attachment.h"
#include "source/hook.h"
#include "source/map_template.h"
#include "source/map_values.h"

struct bpf_map;
struct bpf_object;
struct btf;

enum { OBJECT_PROGRAMS_MAX = 1024 };

struct object_program {
    /* set by object_open(); the caller may change the fields below */
    struct bpf_program *program; /* of the plan */
    const char *name;            /* lives as long as the object */
    const struct hook *hook;

    /* the caller's, before object_load() */
    bool chosen;   /* load it; at first true unless the section name begins with "?" */
    bool attach;   /* and attach it; as chosen at first */
    bool optional; /* continue without it if this kernel cannot run it */
    /* Continue without it if this kernel does not have its hook, or a helper function that it
     * calls. Whatever else goes wrong with it ends the load. */
    bool may_be_absent;
    struct hook_arguments arguments;

    /* owned by the loader thread */
    bool attached;
    bool absent;   /* it may be, and is */
    int target_fd; /* of the BPF program at whose function it is; -1: none */
};

struct object {
    const char *name; /* borrowed; used in messages and for the places of TC filters */
    const void *bytes;
    size_t size;
    struct bpf_object *plan;
    struct object_program *programs; /* in the order of the file */
    uint32_t n_programs;
    struct map_values values;
    struct map_templates templates;

    /* Last changes to the libbpf object that is about to be loaded; NULL: none. 0, or -errno and a
     * sentence. */
    int (*prepare)(struct bpf_object *fresh, void *data, struct error *error);
    void *prepare_data;

    /* owned by the loader thread */
    struct bpf_object *loaded; /* NULL: not loaded */
    struct attachments attachments;
};

/* name and bytes (an ELF that elf_check() likes) stay the caller's and must outlive the object. 0,
 * or -errno and a sentence. */
int object_open(const char *name, const void *bytes, size_t size, struct error *error,
                struct object **ret);
/* Detaches and unloads what is still there. Accepts NULL. */
void object_free(struct object *object);
DEFINE_CLEANUP(struct object, object_free);

/* The object's own types; NULL when it has none. Lives as long as the object. */
const struct btf *object_btf(const struct object *object);
/* The program of that name; NULL: there is none. */
struct object_program *object_find(const struct object *object, const char *name);

/* Loads the chosen programs. 0; -EPERM: not allowed; -ENOTSUP: the kernel does not have something
 * that the sentence names; another -errno. */
int object_load(struct object *object, struct error *error);
/* Attaches the loaded programs that are to be attached. 0, or -errno and a sentence. */
int object_attach(struct object *object, struct error *error);

/* After it returns no program of the object runs any more and no record is being written. */
void object_detach(struct object *object);

/* The name of an attached program, by index from 0; NULL: there are no more. Not while the loader
 * thread attaches or detaches. */
const char *object_attached(const struct object *object, uint32_t index);

/* The fd of a map of the loaded object; -1 if there is none. Owned by the object. */
int object_map_fd(const struct object *object, const char *name);
