// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per completed request of a block device, with the time that it waited and the time
 * that the device took. A request is followed by its first bio: who makes it is known when the
 * bio gets its request (block_getrq), in the task that submits it; the other two tracepoints run
 * wherever the kernel happens to be. Requests without a bio (flushes, commands of drivers) are
 * followed from their issue, and nobody is known for them. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#include <asm-generic/errno.h>

enum {
    FOLLOWED_MAX = 16384, /* requests at the same time; the least recent ones go first */
    MERGED_MAX = 8,       /* bios in front of the first one that are looked at */
    DISK_NAME_SIZE = 32,
};

#define OPERATION_MASK 0xff

const volatile __u64 min_latency = 0; /* ns */

/* Linux 6.12 has renumbered those of zones; these are its numbers. */
enum req_op {
    REQ_OP_READ = 0,
    REQ_OP_WRITE = 1,
    REQ_OP_FLUSH = 2,
    REQ_OP_DISCARD = 3,
    REQ_OP_SECURE_ERASE = 5,
    REQ_OP_ZONE_APPEND = 7,
    REQ_OP_WRITE_ZEROES = 9,
    REQ_OP_ZONE_OPEN = 11,
    REQ_OP_ZONE_CLOSE = 13,
    REQ_OP_ZONE_FINISH = 15,
    REQ_OP_ZONE_RESET = 17,
    REQ_OP_ZONE_RESET_ALL = 19,
    REQ_OP_DRV_IN = 34,
    REQ_OP_DRV_OUT = 35,
};

/* What the letters of rwbs say besides. */
enum req_flags {
    REQ_SYNC = 1 << 11,
    REQ_META = 1 << 12,
    REQ_PRIO = 1 << 13,
    REQ_FUA = 1 << 17,
    REQ_PREFLUSH = 1 << 18,
    REQ_RAHEAD = 1 << 19,
    REQ_BACKGROUND = 1 << 20,
    REQ_NOWAIT = 1 << 21,
};

#define REQ_FLAGS                                                                            \
    (REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA | REQ_PREFLUSH | REQ_RAHEAD | REQ_BACKGROUND | \
     REQ_NOWAIT)

struct block_event {
    __u64 ktime;           /* of the completion */
    struct process_fields; /* who submitted it */
    _Bool submitter_known; /* else all of these are unknown */
    _Bool latency_known;   /* else latency_ns is unknown */
    _Bool issued;          /* to the driver, by itself; else queue_ns and device_ns are unknown */
    errno_t error;         /* errno, or 0 */
    enum req_op operation;
    enum req_flags flags;
    __u32 major;
    __u32 minor;
    char device[DISK_NAME_SIZE];
    __u64 sector; /* of 512 bytes, from the start of the disk */
    __u64 bytes;
    __u64 latency_ns; /* queue_ns and device_ns */
    __u64 queue_ns;   /* until it was issued to the driver */
    __u64 device_ns;  /* from then on */
    char texts[];
};

struct followed {
    struct process_memory submitter;
    _Bool submitter_known;
    _Bool unwanted;
    __u64 made;
    __u64 issued; /* 0: not yet */
};

RINGMILL_EVENT(block_event);
RINGMILL_RING(events, 1 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FOLLOWED_MAX);
    __type(key, __u64); /* the address of the request's first bio, or else of the request */
    __type(value, struct followed);
} followed SEC(".maps");

static const struct followed unknown = {};

static __always_inline __u64 key_of(const struct request *request)
{
    __u64 bio = (__u64)request->bio;

    return bio ? bio : (__u64)request;
}

/* Requests of tasks that are not wanted are followed, too: else they would pass for some of unknown
 * tasks. */
SEC("tp_btf/block_getrq")
int ringmill_block_made(struct block_getrq *context)
{
    __u64 key = (__u64)context->bio;
    struct followed *made;

    bpf_map_update_elem(&followed, &key, &unknown, BPF_ANY);
    made = bpf_map_lookup_elem(&followed, &key);
    if (!made)
        return 0;
    made->submitter_known = 1;
    made->unwanted = !is_wanted();
    if (!made->unwanted)
        process_remember_current(&made->submitter);
    made->made = bpf_ktime_get_ns();
    return 0;
}

/* Bios that were merged in front of the first one are now before it. What is followed is kept at
 * the first one again. */
static __always_inline struct followed *find_behind(const struct bio *first)
{
    const struct bio *bio = first;

    for (int i = 0; i < MERGED_MAX && bio; i++) {
        __u64 key = (__u64)(bio = BPF_CORE_READ(bio, bi_next)), first_key = (__u64)first;
        struct followed *found = bpf_map_lookup_elem(&followed, &key);

        if (!found)
            continue;
        bpf_map_update_elem(&followed, &first_key, found, BPF_ANY);
        bpf_map_delete_elem(&followed, &key);
        return bpf_map_lookup_elem(&followed, &first_key);
    }
    return NULL;
}

/* A request that is put back is issued again: the last time counts. */
SEC("tp_btf/block_rq_issue")
int ringmill_block_issue(struct block_rq *context)
{
    __u64 key = key_of(context->request);
    struct followed *known = bpf_map_lookup_elem(&followed, &key);
    __u64 now = bpf_ktime_get_ns();
    struct followed *issued;

    if (!known && context->request->bio)
        known = find_behind(context->request->bio);
    if (known) {
        known->issued = now;
        return 0;
    }
    bpf_map_update_elem(&followed, &key, &unknown, BPF_ANY);
    issued = bpf_map_lookup_elem(&followed, &key);
    if (issued)
        issued->made = issued->issued = now;
    return 0;
}

/* The second of two merged requests: the first one has its bios now. */
SEC("tp_btf/block_rq_merge")
int ringmill_block_merge(struct block_rq *context)
{
    __u64 key = key_of(context->request);

    bpf_map_delete_elem(&followed, &key);
    return 0;
}

/* blk_status_t to errno, as blk_errors in the kernel's block/blk-core.c has it: what is not here is
 * EIO there, too, or is never the end of a request. */
static __always_inline int errno_of(__u8 status)
{
    switch (status) {
    case 0:
        return 0;
    case 1:
        return EOPNOTSUPP;
    case 2:
        return ETIMEDOUT;
    case 3:
        return ENOSPC;
    case 4:
        return ENOLINK;
    case 5:
        return EREMOTEIO;
    case 6:
        return EBADE;
    case 7:
        return ENODATA;
    case 8:
        return EILSEQ;
    case 9:
        return ENOMEM;
    case 11:
        return EREMCHG;
    case 12:
        return EAGAIN;
    default:
        return EIO;
    }
}

/* The running kernel's number of a zone operation becomes that of `enum req_op`. */
#define TRANSLATE(operation, name)                                                   \
    if (bpf_core_enum_value_exists(enum req_op___running, name##___running) &&       \
        (operation) == bpf_core_enum_value(enum req_op___running, name##___running)) \
    return name

enum req_op___running {
    REQ_OP_ZONE_APPEND___running = 7,
    REQ_OP_ZONE_OPEN___running = 11,
    REQ_OP_ZONE_CLOSE___running = 13,
    REQ_OP_ZONE_FINISH___running = 15,
    REQ_OP_ZONE_RESET___running = 17,
    REQ_OP_ZONE_RESET_ALL___running = 19,
};

static __always_inline enum req_op operation_of(__u32 operation)
{
    TRANSLATE(operation, REQ_OP_ZONE_APPEND);
    TRANSLATE(operation, REQ_OP_ZONE_OPEN);
    TRANSLATE(operation, REQ_OP_ZONE_CLOSE);
    TRANSLATE(operation, REQ_OP_ZONE_FINISH);
    TRANSLATE(operation, REQ_OP_ZONE_RESET);
    TRANSLATE(operation, REQ_OP_ZONE_RESET_ALL);
    return operation;
}

static __always_inline void fill_request(struct block_event *event, const struct request *request)
{
    const struct gendisk *disk = request->q->disk;

    event->operation = operation_of(request->cmd_flags & OPERATION_MASK);
    event->flags = request->cmd_flags & REQ_FLAGS;
    event->major = disk->major;
    event->minor = disk->first_minor;
    if (bpf_core_read(event->device, sizeof(event->device), &disk->disk_name))
        event->device[0] = '\0';
    event->sector = request->__sector;
}

static __always_inline void fill_times(struct block_event *event, const struct followed *known)
{
    event->latency_known = known->made != 0;
    event->issued = known->issued != 0;
    event->latency_ns = event->ktime - known->made;
    event->queue_ns = known->issued - known->made;
    event->device_ns = event->ktime - known->issued;
}

static __always_inline void write_event(const struct block_rq *context,
                                        const struct followed *known, __u64 now)
{
    struct block_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = now;
    if (known->submitter_known)
        process_recall(PROCESS_FIELDS(event), event->texts, offsetof(struct block_event, texts),
                       &known->submitter);
    else
        process_forget(PROCESS_FIELDS(event));
    event->submitter_known = known->submitter_known;
    event->error = errno_of(context->status);
    event->bytes = (__u32)context->bytes;
    fill_request(event, context->request);
    fill_times(event, known);
    ringmill_submit(event);
}

/* Whether a request of an unknown task may be reported. */
static __always_inline _Bool is_anybody_wanted(void)
{
    return !wanted_pid && !wanted_cgroup;
}

/* A request that is not followed was issued before this program ran, or others took its place: its
 * times are unknown, so no threshold is for it. */
SEC("tp_btf/block_rq_complete")
int ringmill_block(struct block_rq *context)
{
    __u64 key = key_of(context->request);
    const struct followed *known = bpf_map_lookup_elem(&followed, &key);
    __u64 now = bpf_ktime_get_ns();

    if (!known) {
        if (is_anybody_wanted())
            write_event(context, &unknown, now);
        return 0;
    }
    if (!known->unwanted && now - known->made >= min_latency &&
        (known->submitter_known || is_anybody_wanted()))
        write_event(context, known, now);
    bpf_map_delete_elem(&followed, &key);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
