// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

struct maps_key {
    __u32 tgid;
    __u16 port;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct maps_key);
    __type(value, __u64);
} maps_seen SEC(".maps");

struct maps {
    struct maps_key key;
    __u64 seen;
    _Bool is_new;
};

static const volatile unsigned maps_limits[] = {1, 2, 3};
const struct maps *unused_maps_of_header __attribute__((unused));
