// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Records as they are met: what shapes.bpf.c and the programs that run it share. */

enum { SHAPES_SAMPLES = 1024, SHAPES_BYTES = 256 };

/* About 200 bytes: one text and one list of texts behind the fields, as bpf/exec.bpf.c has them. */
struct exec_shape {
    unsigned long long ktime;
    unsigned int pid;
    unsigned int ppid;
    unsigned int session;
    unsigned int user;
    char comm[16];
    unsigned long long cgroup;
    unsigned short filename_offset, filename_length;
    unsigned short args_offset, args_length;
    _Bool args_truncated;
    char texts[];
};

/* 96 bytes of integers and addresses; addresses and ports in network byte order. */
struct flow_shape {
    unsigned long long ktime;
    unsigned long long rx_bytes;
    unsigned long long tx_bytes;
    unsigned long long rx_packets;
    unsigned long long tx_packets;
    unsigned char saddr6[16];
    unsigned char daddr6[16];
    unsigned int saddr;
    unsigned int daddr;
    unsigned short sport;
    unsigned short dport;
    unsigned int ifindex;
    unsigned int rtt_us;
    unsigned char proto;
    unsigned char state;
    unsigned short mark;
};

struct shapes_sample {
    unsigned int length;
    unsigned int padding;
    unsigned char bytes[SHAPES_BYTES];
};
