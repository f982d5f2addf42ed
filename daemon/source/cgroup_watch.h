// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Lets a resolver know of each cgroup as it is made, by a small program in the kernel
 * (bpf/cgroup.bpf.c). It costs nothing but when a cgroup is made or removed. */

struct resolver;

/* The loader thread. If the resolver has been asked for names of cgroups (resolver_want_cgroups())
 * and has no such watch yet, loads and attaches the program; otherwise does nothing. A failure is
 * logged: then cgroups are found by reading their tree, which misses those that live for a moment.
 * The resolver closes it. */
void cgroup_watch_start(struct resolver *resolver);
