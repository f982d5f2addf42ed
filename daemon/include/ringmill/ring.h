// SPDX-License-Identifier: Apache-2.0
#pragma once

/* libringmill: reading BPF ring buffers where the kernel wrote them.
 *
 *     int fd = bpf_obj_get("/sys/fs/bpf/agent/events");
 *     struct ringmill_reader *reader;
 *     struct ringmill_error reason;
 *     struct ringmill_view view;
 *
 *     if (ringmill_open(fd, &reason, &reader) < 0)
 *         errx(1, "%s", reason.text);
 *     while (ringmill_reader_next(reader, &view) == RINGMILL_READY)
 *         handle(view.data, view.length);
 *     ringmill_reader_free(reader);
 *
 * Two layers. A ring (struct ringmill_ring) is one mapped ring buffer: it is walked, committed and
 * counted, and never blocks. A reader (struct ringmill_reader) is a set of rings and a way to wait
 * for them: deadline, flush, close, wake, fairness, order across rings.
 *
 *     consumed, free again     given out, not committed     readable            free
 *     -----------------------|----------------------------|-------------------|--------
 *                       committed                    read position     producer position
 *
 * Taking records moves the read position. A commit publishes the committed position to the kernel,
 * which frees the space for producers; it may come many batches later. What is not committed is
 * seen again by the next owner of the ring: release the lease, and the read position goes back.
 *
 * Numbers: times are nanoseconds of CLOCK_MONOTONIC; positions are bytes since the ring was made,
 * as the kernel counts them, and wrap at 2^64: compare them with != only. Functions return 0 (or a
 * count, where that is said) or -errno; a positive value is an outcome that the caller must act on.
 * Outputs (ret_x) stay untouched on failure.
 *
 * Threads: a reader and its rings belong to the thread that holds the lease. A lease is taken by
 * the first call that needs it and kept until ringmill_reader_release(); another thread gets -EBUSY
 * meanwhile. The functions marked "any thread" need no lease. A ring outside a reader is used by
 * one thread at a time. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define RINGMILL_NOW     UINT64_C(0) /* as a deadline: do not wait */
#define RINGMILL_FOREVER UINT64_MAX  /* as a deadline: wait without end */
#define RINGMILL_OFF     UINT64_MAX  /* as an option: not at all */

enum {
    RINGMILL_BATCH_MAX = 256,  /* views in a batch, at the most */
    RINGMILL_RINGS_MAX = 4096, /* rings in a reader, at the most */
};

/* One sentence for a human: what is wrong, where, and what to do. NUL-ended. */
struct ringmill_error {
    char text[512];
};

/* One sample, where the kernel wrote it. */
struct ringmill_view {
    const void *data;  /* the sample: its first byte is 8-byte aligned (in handlers 4-byte, if it
                          is of a perf event array); never written through */
    uint32_t length;   /* bytes of sample, exactly as reserved; 0 is possible */
    uint32_t reserved; /* 0 */
    uint64_t
        position; /* of the record's header, in bytes since the ring was made (wraps at 2^64) */
};

/* ---- A ring ---------------------------------------------------------------------------------- */

struct ringmill_ring;

enum ringmill_ring_flags {
    RINGMILL_RING_OBSERVE =
        1, /* map everything read-only, take no lock; only ringmill_ring_observe()
              and the functions marked "any thread" work, the others -EPERM */
    RINGMILL_RING_NO_LOCK = 2, /* take no consumer lock: the caller knows that it is the only one */
    RINGMILL_RING_NO_PREFETCH = 4, /* never prefetch; for measurements */
};

struct ringmill_ring_options {
    size_t size;             /* sizeof(struct ringmill_ring_options) */
    uint32_t flags;          /* of enum ringmill_ring_flags */
    uint32_t reserved;       /* 0 */
    const char *lock_folder; /* NULL: /run/ringmill, made if it is missing; copied */
    uint64_t recheck;        /* look at the ring this often although no wake-up came, because its
                                producers may use BPF_RB_NO_WAKEUP. 0: 1 s; RINGMILL_OFF: never */
};

/* Maps the ring buffer of map_fd and starts at its consumer position. Refuses maps of another type
 * than BPF_MAP_TYPE_RINGBUF, rings that overwrite (BPF_F_RB_OVERWRITE), invalid sizes and
 * positions, and a ring that another process (or this one) consumes: -EBUSY, and the sentence names
 * the process. That check is a lock on LOCK_FOLDER/ring-MAP_ID.lock, so it sees only users of this
 * library. map_fd remains the caller's: the ring keeps a duplicate. options may be NULL (all
 * defaults), reason may be NULL. On success the caller owns *ret_ring. */
int ringmill_ring_open(int map_fd, const struct ringmill_ring_options *options,
                       struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* Unmaps the ring and releases the lock. What was not committed stays in the ring. A ring that is
 * in a reader must be removed from it first. NULL is allowed. */
void ringmill_ring_free(struct ringmill_ring *ring);

/* Fills up to capacity (>= 1) views and moves the read position past them. Returns how many; 0 when
 * nothing is readable (empty, or the next record is still being written); -EBADMSG when the ring is
 * corrupt, see ringmill_ring_health(). The samples stay valid until they are committed.
 * Discarded records are skipped, counted, and committed together with what came before them. */
int ringmill_ring_take(struct ringmill_ring *ring, struct ringmill_view *ret_views,
                       uint32_t capacity);

/* Publishes that everything before position was consumed: the position of a view keeps that view
 * and commits those before it; ringmill_view_end() commits it too. What is committed already may be
 * committed again. -EINVAL beyond the read position. */
int ringmill_ring_commit(struct ringmill_ring *ring, uint64_t position);
/* Commits everything that was given out. */
int ringmill_ring_commit_all(struct ringmill_ring *ring);
/* Moves the read position back to the committed one: the same records will come again. */
void ringmill_ring_rewind(struct ringmill_ring *ring);

/* 0, or -EBADMSG and a sentence that says what is corrupt and where, or that another process has
 * written the consumer position of the ring. Such a ring gives no more records and its position is
 * not published any more; nothing was read out of bounds. Any thread. */
int ringmill_ring_health(const struct ringmill_ring *ring, struct ringmill_error *reason);

/* Size of the data area in bytes. Any thread. */
uint64_t ringmill_ring_size(const struct ringmill_ring *ring);
/* Bytes between the committed and the producer position: headers, padding, discarded and busy
 * records included. Any thread. */
uint64_t ringmill_ring_available(const struct ringmill_ring *ring);
/* The producer position: the end of the newest record that is written or reserved. Any thread. */
uint64_t ringmill_ring_end(const struct ringmill_ring *ring);
/* Records between the read position and `end`, including those that are still being written,
 * without discarded ones. With the lease, and only for a ring that is not corrupt. */
uint64_t ringmill_ring_count(const struct ringmill_ring *ring, uint64_t end);
/* The position up to which records were read. */
uint64_t ringmill_ring_position(const struct ringmill_ring *ring);
/* The position up to which records were committed: the kernel may overwrite them. */
uint64_t ringmill_ring_committed(const struct ringmill_ring *ring);
/* Bytes after the view in its ring: 0 for the last record. */
uint64_t ringmill_ring_remaining(const struct ringmill_ring *ring,
                                 const struct ringmill_view *view);
/* The map's fd; poll it edge-triggered, if at all. Any thread. */
int ringmill_ring_fd(const struct ringmill_ring *ring);
/* The map's id; 0: unknown. Any thread. */
uint32_t ringmill_ring_id(const struct ringmill_ring *ring);

/* The position right after the record of a view. */
static inline uint64_t ringmill_view_end(const struct ringmill_view *view)
{
    return view->position + 8 + (((uint64_t)view->length + 7) & ~UINT64_C(7));
}

/* Since the ring was opened; a record that comes again after a rewind is not counted again. */
struct ringmill_counters {
    uint64_t records;    /* given out */
    uint64_t bytes;      /* of their samples */
    uint64_t discards;   /* skipped */
    uint64_t wakeups;    /* the kernel reported this ring while the reader slept */
    uint64_t naps;       /* timed naps of its reader */
    uint64_t publishes;  /* stores to the consumer position */
    uint64_t high_water; /* bytes: the fullest that this ring was seen */
    uint64_t busy_since; /* the record at the read position has been busy since this time; 0: not */
};

/* Any thread. Each number is exact, but they are not read at the same instant. */
void ringmill_ring_counters(const struct ringmill_ring *ring,
                            struct ringmill_counters *ret_counters);

/* The result of a look at a live ring, without consuming. */
struct ringmill_sight {
    uint64_t time;     /* of this look */
    uint64_t consumer; /* positions */
    uint64_t producer;
    uint64_t fill;       /* bytes: producer - consumer */
    uint64_t records;    /* written since the first look, as far as they could be walked */
    uint64_t discards;   /* discarded records since the first look */
    uint64_t walked;     /* bytes that records and discards were counted in */
    uint64_t missed;     /* bytes that were overwritten before this observer reached them */
    uint64_t busy_since; /* the oldest unconsumed record has been busy since this look; 0: it is not
                            busy */
};

/* Looks at a ring opened with RINGMILL_RING_OBSERVE. Rates come from two looks. Work is bounded by
 * the bytes written since the last look. -EPERM for a ring opened otherwise; -EBADMSG when corrupt.
 */
int ringmill_ring_observe(struct ringmill_ring *ring, struct ringmill_sight *ret_sight);

/* ---- A reader -------------------------------------------------------------------------------- */

struct ringmill_reader;

enum ringmill_outcome {
    RINGMILL_READY = 0, /* there is a record, or there may be one */
    RINGMILL_DEADLINE,  /* nothing is readable and the deadline has passed */
    RINGMILL_FLUSHED,   /* nothing is readable and ringmill_reader_flush() was called; once per call
                         */
    RINGMILL_CLOSED,    /* ringmill_reader_close() was called */
    RINGMILL_WOKEN,     /* ringmill_reader_wake() was called; once for all calls so far */
    RINGMILL_BLOCKED,   /* a head has been busy for busy_limit; once per head, see busy_since */
};

/* A zero means the default. */
struct ringmill_reader_options {
    size_t size;             /* sizeof(struct ringmill_reader_options) */
    uint32_t batch;          /* views in a batch: 1 to RINGMILL_BATCH_MAX; default 32 */
    uint32_t budget_records; /* records taken from one ring before the next one has its turn;
                                default 4096 */
    uint64_t budget_bytes; /* bytes taken from one ring before the next one has its turn; default 1
                              MiB */
    uint64_t max_latency;  /* longest nap at high rates, ns; default 1 ms; RINGMILL_OFF: no naps,
                              always sleep in epoll */
    uint64_t busy_limit;   /* ns until wait returns RINGMILL_BLOCKED; default RINGMILL_OFF */
    uint32_t merge;        /* 1: records of all rings come in order of their timestamps */
    uint32_t merge_offset; /* of the timestamp in the sample: a u64 of CLOCK_MONOTONIC; a sample
                              that is too short for one sorts with the record before it, and
                              one more than 1 s ahead of the clock is not held */
    uint64_t merge_hold;   /* ns that a record waits for older ones of other rings; default 1 ms */
};

/* One ring, all defaults: ring_open, reader_new and reader_add in one call. */
int ringmill_open(int map_fd, struct ringmill_error *reason, struct ringmill_reader **ret_reader);

/* An empty reader. options and reason may be NULL. On success the caller owns *ret_reader. */
int ringmill_reader_new(const struct ringmill_reader_options *options,
                        struct ringmill_error *reason, struct ringmill_reader **ret_reader);
/* Frees the reader and its rings. No other thread may be inside one of its functions: close it and
 * join them first. What was not committed stays in the rings. NULL is allowed. */
void ringmill_reader_free(struct ringmill_reader *reader);

/* Adds a ring. On success the reader owns it; on failure it remains the caller's. user is returned
 * in every batch of this ring. Takes the lease: release it if another thread is to read. -ENOSPC
 * beyond RINGMILL_RINGS_MAX; -EBUSY without the lease, or if the ring is already in a reader;
 * -EPERM for an observer. */
int ringmill_reader_add(struct ringmill_reader *reader, struct ringmill_ring *ring, void *user);
/* Removes a ring and returns it to the caller, with its read position unchanged (a view of it that
 * the iterator has given out is not committed: rewind or commit it). -ENOENT if it is not in this
 * reader; -EBUSY without the lease. */
int ringmill_reader_remove(struct ringmill_reader *reader, struct ringmill_ring *ring);
/* From now on the records of these rings come in the order of their timestamps, as with
 * options.merge, and the group takes turns with the reader's other rings. offset is that of the
 * timestamp; hold in ns, 0: 1 ms. A ring leaves the group when it is removed. Needs the lease;
 * -ENOENT when one is not in this reader; -EBUSY when one is in a group already; -ENOMEM. */
int ringmill_reader_merge(struct ringmill_reader *reader, struct ringmill_ring *const *rings,
                          uint32_t count, uint32_t offset, uint64_t hold);
/* A paused ring gives no records and does not keep the reader awake, until it is resumed. Only with
 * the lease; -ENOENT when it is not in this reader. */
int ringmill_reader_pause(struct ringmill_reader *reader, struct ringmill_ring *ring);
/* Lets a paused ring give records again. Only with the lease; -ENOENT when it is not in this
 * reader.
 */
int ringmill_reader_resume(struct ringmill_reader *reader, struct ringmill_ring *ring);

/* Takes the lease explicitly. 0 also if this thread already has it; -EBUSY if another has it. */
int ringmill_reader_lease(struct ringmill_reader *reader);
/* Releases the lease: in every ring, what was not committed is rewound. Does nothing if this thread
 * does not hold it. */
void ringmill_reader_release(struct ringmill_reader *reader);

/* Records of one ring, in ring order. */
struct ringmill_batch {
    struct ringmill_ring *ring;
    void *user; /* as given to ringmill_reader_add() */
    const struct ringmill_view
        *views; /* count of them, in the reader's memory: valid until the next
                   ringmill_reader_next_batch(); the samples until committed */
    uint32_t count;
    uint32_t reserved; /* 0 */
    uint64_t end;      /* ringmill_ring_commit(ring, end) commits this batch and those before it */
};

/* Gives the next batch, from the rings in turn; never blocks and makes no system call. Returns its
 * count (>= 1); 0 if nothing is readable: write out what you buffer, then call
 * ringmill_reader_wait(). Commits nothing by itself. -EBADMSG once for each ring found corrupt
 * (ringmill_ring_health() says which; it gives no more records); -EBUSY. */
int ringmill_reader_next_batch(struct ringmill_reader *reader, struct ringmill_batch *ret_batch);

/* Sleeps until something is readable or another outcome occurs. Before it sleeps it publishes what
 * the iterator has finished. deadline is absolute; ringmill_reader_set_deadline() counts too, the
 * earlier one wins. Sleeps in epoll, or, at high rates, takes naps of at most max_latency sized so
 * that no ring gets more than a quarter full. While commits are held back the kernel sends no
 * wake-ups: then it looks again after 1 ms, backing off to 100 ms; wake it when a commit becomes
 * possible. RINGMILL_READY is a hint: discarded records wake too. -EBUSY; -errno of epoll. */
int ringmill_reader_wait(struct ringmill_reader *reader, uint64_t deadline);

/* The iterator: waits for the next record. The view is valid until the next call, which finishes
 * it; so leaving the loop early loses nothing. Positions are published in batches, and always
 * before sleeping and at release. Returns an outcome (the view is set with RINGMILL_READY only;
 * after all others you may call again) or -EBADMSG, -EBUSY. It commits everything that the ring of
 * the view gave out before, including uncommitted batches. */
int ringmill_reader_next(struct ringmill_reader *reader, struct ringmill_view *ret_view);
/* The ring of the view that ringmill_reader_next() gave last; NULL if none is out. */
struct ringmill_ring *ringmill_reader_ring(const struct ringmill_reader *reader);

/* A copied record, for ringmill_reader_read(). Zero it before its first use. */
struct ringmill_record {
    void *data;         /* malloc'd, grown as needed, reused; the caller frees it */
    size_t capacity;    /* bytes at data */
    uint32_t length;    /* bytes of sample */
    uint32_t reserved;  /* 0 */
    uint64_t position;  /* of its header */
    uint64_t remaining; /* bytes after it in its ring */
    void *user;         /* of its ring */
};

/* Copies the next record, waiting for it, and commits it. Callers on several threads take turns;
 * -EBUSY when another thread holds the lease, or when this one does and has not committed all of
 * its batches. Returns an outcome; -ENOMEM. Any thread. */
int ringmill_reader_read(struct ringmill_reader *reader, struct ringmill_record *record);
/* Copies the next record into the caller's buffer, waiting for it, and commits it; otherwise like
 * ringmill_reader_read(). -EMSGSIZE if the buffer is too small: *ret_length is then the size
 * needed, and the record is not consumed. Any thread. */
int ringmill_reader_read_into(struct ringmill_reader *reader, void *buffer, size_t capacity,
                              size_t *ret_length);

/* Sets the deadline of waits, iterator and reads, until changed: RINGMILL_FOREVER is the default; a
 * time in the past means "only what is already there". Wakes a sleeping reader so that it applies
 * at once. Any thread. */
void ringmill_reader_set_deadline(struct ringmill_reader *reader, uint64_t deadline);
/* Asks for RINGMILL_FLUSHED, once, after everything readable was given out. Any thread. */
void ringmill_reader_flush(struct ringmill_reader *reader);
/* Closes for good: a blocked call returns RINGMILL_CLOSED, and so does every later one. Nothing is
 * unmapped before ringmill_reader_free(). May be called twice. Any thread, and signal handlers. */
void ringmill_reader_close(struct ringmill_reader *reader);
/* The current or the next wait returns RINGMILL_WOKEN. Any thread, and signal handlers. */
void ringmill_reader_wake(struct ringmill_reader *reader);

/* A descriptor for other event loops: readable (level-triggered) when a ring may have records, or a
 * wake or a close is pending. When it is readable, take batches until there are none, then call
 * ringmill_reader_wait(reader, RINGMILL_NOW), which re-arms it, and start over on
 * RINGMILL_READY. */
int ringmill_reader_fd(const struct ringmill_reader *reader);

/* Sums over its rings, except naps and wake-ups, which are those of the reader. Any thread, but not
 * while a ring is being added or removed. */
void ringmill_reader_counters(const struct ringmill_reader *reader,
                              struct ringmill_counters *ret_counters);

/* ringmill_outcome as a word: "ready", "deadline", ...; a negative value: strerror's text. */
const char *ringmill_outcome_name(int outcome);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
