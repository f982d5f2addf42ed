// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One BPF object's life by libbpf: opened (its BTF is readable, no privileges needed), loaded,
 * attached, detached. Its ring is the map `events`; `events_lost`, if it is there, counts the
 * records that did not fit (see bpf/ringmill.bpf.h).
 *
 * Threads: object_load(), object_attach(), object_detach() and object_lost() on the loader thread,
 * which alone has the capabilities; the others anywhere, not at the same time. */

#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct bpf_object;
struct btf;
struct object;

/* bytes (an ELF) stay the caller's and must outlive the object. 0, or -errno and a sentence. */
int object_open(const char *name, const void *bytes, size_t size, struct error *error,
                struct object **ret);
/* Detaches and unloads what is still there. Accepts NULL. */
void object_free(struct object *object);
DEFINE_CLEANUP(struct object, object_free);

/* The object's own types; NULL when it has none. Lives as long as the object. */
const struct btf *object_btf(const struct object *object);

/* Before object_load(): the ring's size in bytes, a power of two and a multiple of the page. */
void object_set_ring_size(struct object *object, uint32_t bytes);
uint32_t object_ring_size(const struct object *object);

/* Programs for tracepoints that this kernel lacks are left out. -EPERM: not allowed; -ENOTSUP: the
 * kernel lacks something that the sentence names; other -errno. */
int object_load(struct object *object, struct error *error);
int object_attach(struct object *object, struct error *error);

/* After it returns no program of the object runs any more and no record is being written. */
void object_detach(struct object *object);

/* The name of an attached program, by index from 0; NULL: there are no more. Not while the loader
 * thread attaches or detaches. */
const char *object_program(const struct object *object, uint32_t index);

/* After object_load(); owned by the object. */
int object_ring_fd(const struct object *object);
/* Records lost since the load, over all CPUs; 0 without a counter. 0, or
 * -errno. */
int object_lost(const struct object *object, uint64_t *ret_lost);
