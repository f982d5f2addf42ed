// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What event.bpf.c and the bench that runs it share: records of a plausible event. */

enum { EVENT_COMMS = 8, EVENT_COMM = 16, EVENT_PATHS = 16, EVENT_PATH = 32, EVENT_HEAD = 48 };

struct event {
    unsigned long long number;
    unsigned int pid;   /* below 32768 */
    unsigned int uid;   /* 0, 33, 1000 or 1001 */
    unsigned int saddr; /* network byte order */
    unsigned short port;
    unsigned short kind;
    unsigned long long latency; /* ns, below 2^20 */
    char comm[EVENT_COMM];
    char path[80]; /* in records of other sizes: up to their end */
};

struct event_request {
    unsigned long long seed;
    unsigned int mixed; /* 0: 128 bytes each; 1: 56, 120, 248 or 504, drawn per record */
    unsigned int count;
    char comms[EVENT_COMMS][EVENT_COMM];
    char paths[EVENT_PATHS][EVENT_PATH];
    unsigned long long written;
};
