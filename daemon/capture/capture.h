// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A capture file, mapped for reading. Opening it reads it once from end to end: all types must be
 * known before the first record passes, and what is damaged should be known, too. Afterwards
 * everything from begin to end is as it was written:
 *
 *     header | section  type  clock  record record  check | ...  end  check | damage...
 *            begin                                                          end
 *
 * The file must not shrink while it is open. Immutable once open; any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/resolver.h"
#include "capture/type.h"
#include "record/loss.h"

enum { CAPTURE_MARK_BYTES = 1 << 20 };

/* From this position on, until the next one, the wall clock was so far from CLOCK_MONOTONIC. */
struct capture_wall {
    uint64_t position;
    int64_t offset;    /* ns */
    int64_t slept;     /* ns that the machine had been suspended */
    int64_t monotonic; /* ns: what follows was read at that time or after it */
    int64_t latest;    /* ns: and at this one at the latest; INT64_MAX: unknown */
    uint32_t boot;     /* counts the boots; monotonic times are of this one */
};

/* Records that were lost before the one after this position. */
struct capture_gap {
    uint64_t position;
    const char *source; /* in the file */
    uint32_t type;      /* index of a type of that source; UINT32_MAX: there is none */
    struct loss loss;
};

/* What an id is called from this position on. */
struct capture_naming {
    uint64_t position;
    uint64_t id;
    const char *name; /* in the file, not NUL-ended; NULL: it has none, as far as is known */
    uint32_t length;
    enum resolver_kind kind;
    uint32_t pid; /* of an address in a process; else 0 */
};

struct capture {
    const uint8_t *bytes;       /* the file, mapped; positions are offsets in it */
    uint64_t begin;             /* of the first record */
    uint64_t end;               /* after the last one that is good, and what belongs to it */
    uint64_t checked;           /* up to here checksums fit */
    uint64_t records;           /* between the two; loss records and the like not counted */
    struct capture_type *types; /* by tag, ascending */
    uint32_t n_types;
    struct capture_wall *walls; /* by position */
    size_t n_walls;
    struct capture_gap *gaps; /* by position */
    size_t n_gaps;
    struct capture_naming *namings; /* by position */
    size_t n_namings;
    uint64_t *marks; /* ends of records, about CAPTURE_MARK_BYTES apart; the last one is end */
    size_t n_marks;
    uint32_t sections;   /* how often a writer began */
    bool damaged;        /* after end there is something wrong, or missing */
    bool unfinished;     /* nothing is wrong with what is there, but its end is missing */
    struct error damage; /* what is wrong after end, with file and offset */

    size_t mapped; /* bytes */
};

/* 0 also when the file is damaged after its header: damage says so, everything up to it can be
 * read. -errno and a sentence: the file is not a capture, or cannot be read. The caller owns
 * *ret_capture. */
int capture_open(const char *path, struct error *error, struct capture **ret_capture);
/* As capture_open(), for an open file; the caller keeps fd, path is used in messages. */
int capture_open_fd(int fd, const char *path, struct error *error, struct capture **ret_capture);

/* Unmaps the file and frees all that is known of it. Accepts NULL. */
void capture_free(struct capture *capture);
DEFINE_CLEANUP(struct capture, capture_free);

/* From now on it ends after so many records, and what is after them is not damage. No effect where
 * there are no more anyway. Before anybody else uses it. */
void capture_cut(struct capture *capture, uint64_t records);

/* NULL when there is no such tag. */
const struct capture_type *capture_find_type(const struct capture *capture, uint32_t tag);

/* Whether the number of lost records is unknown for one of its types. */
bool capture_lost_unknown(const struct capture *capture);

/* The next clock record from *position on, a record's start: what it says, and where it is.
 * *position moves after it. False: there is none up to end. */
bool capture_next_clock(const struct capture *capture, uint64_t *position, int64_t *ret_monotonic,
                        uint64_t *ret_at);

/* ---- for capture.c and scan.c ---- */

/* Reads the whole file once. capture has bytes, mapped and begin; all else is filled, damage
 * included. 0 or -ENOMEM. */
int capture_scan(struct capture *capture, const char *path);
