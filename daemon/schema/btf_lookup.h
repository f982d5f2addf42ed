// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Finding types in BTF: by name, or by what a BPF object's author says of its rings. What is
 * returned belongs to btf and lives as long as it.
 *
 * Three conventions name types; all keep a type in BTF that nothing else would:
 *
 *     __type(value, struct flow);                               in the ring's own definition; or
 *                                                               __type(key, ...)
 *     const struct flow *unused_flow __attribute__((unused));   a variable with "unused" in its
 *                                                               name: RINGMILL_EVENT(flow), bpf2go
 *     GADGET_TRACER(tcp, events, flow);                         Inspektor Gadget's; it defines
 *                                                               gadget_tracer_tcp___events___flow,
 *                                                               which names the ring's map, too */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct btf;
struct btf_type;

enum {
    LOOKUP_CANDIDATES_MAX = 10, /* types that an error lists */
    LOOKUP_KEPT_MAX = 1024,     /* variables of a convention; more are not listed */
    LOOKUP_KERNEL_NAME = 15,    /* bytes of a map's name in the kernel */
    LOOKUP_ALIASES_MAX = 256,   /* typedefs and qualifiers on top of each other */
};

/* A struct or union that samples may be of. */
struct candidate {
    const struct btf_type *type;
    const char *name; /* its own, or that of the typedef that stands for it */
    bool kept;        /* a convention names it */
    const char *map;  /* of a convention that names a ring: map_length bytes; else "" */
    int map_length;
};

/* The struct or union called "exec_event", "struct exec_event", "union u", or what a typedef of
 * that name stands for; for "enum e", an enum or a typedef of one. type_name NULL: the one that the
 * conventions name for that map (NULL: for any). 0, or -ENOENT with a sentence that lists the types
 * there are, those of the conventions first, and the nearest name. */
int lookup_type(const struct btf *btf, const char *type_name, const char *map_name,
                struct error *error, struct candidate *ret);

/* The conventions, in the order of their worth. */
enum lookup_convention { LOOKUP_BY_RING, LOOKUP_BY_TRACER, LOOKUP_BY_VARIABLE };

/* The name of the one type that the conventions name for a map: by its definition, or else by
 * GADGET_TRACER, or else, where it is the only ring, the only one that a variable keeps. NULL:
 * none, or several. The BTF need not hold a type of that name. map_name NULL: whichever map.
 * ret_convention, which may be NULL, is the one that names it. */
const char *lookup_convention(const struct btf *btf, const char *map_name,
                              enum lookup_convention *ret_convention);

/* Whether a convention names any type, for any map. */
bool lookup_has_kept(const struct btf *btf);

/* The name of the struct that the first parameter of a function points to; NULL: it does not. */
const char *lookup_context(const struct btf *btf, const char *function);

/* All named structs and unions, each once, those of the conventions first; those
 * that name a map once for each map. The caller frees the list. 0 or -ENOMEM. */
int lookup_candidates(const struct btf *btf, struct candidate **ret_list, uint32_t *ret_count);

/* Whether there is no struct and no union with members at all. */
bool lookup_is_empty(const struct btf *btf);

/* The type without typedefs and qualifiers; NULL where the chain leads nowhere, or is longer than
 * LOOKUP_ALIASES_MAX (a circle). */
const struct btf_type *lookup_bare(const struct btf *btf, uint32_t id);

/* The type's name, "" when it has none. */
const char *lookup_name(const struct btf *btf, const struct btf_type *type);
