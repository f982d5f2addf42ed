// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Times are nanoseconds in an int64_t: of CLOCK_MONOTONIC (what bpf_ktime_get_ns() gives), or of
 * the wall clock since 1970-01-01T00:00:00Z. The latter reach from 1677 to 2262, so that every
 * value has a date of four-digit year. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    CLOCK_RFC3339_LENGTH = 30, /* 2026-11-22T22:16:40.123456789Z */
    CLOCK_SECOND_LENGTH = 20,  /* 2026-11-22T22:16:40. */
};

/* Before there are threads: this process is in a time namespace, whose CLOCK_MONOTONIC and
 * CLOCK_BOOTTIME are so many ns ahead of the kernel's, which records have. From then on all
 * functions here give the kernel's. See base/time_namespace.h. */
void clock_set_shift(int64_t monotonic, int64_t boottime);

/* Any thread: now, by CLOCK_MONOTONIC. */
int64_t clock_monotonic(void);
/* Any thread: the same, cheaper, and up to 10 ms ago. */
int64_t clock_monotonic_coarse(void);

/* Any thread: when so many ns will have passed, by CLOCK_MONOTONIC, for calls that wait until then.
 */
void clock_after(int64_t ns, struct timespec *ret);

/* Any thread: now, by the wall clock. */
int64_t clock_realtime(void);

/* Any thread: now, by CLOCK_BOOTTIME. */
int64_t clock_boottime(void);

/* What added to CLOCK_MONOTONIC gives the wall clock. It moves when the wall clock is set, so a
 * thread that stamps events keeps one of its own and refreshes it now and then; until then the same
 * time has the same text. (Both clocks are slewed together.) Owned by one thread. */
struct wall_offset {
    int64_t offset;   /* ns */
    int64_t measured; /* CLOCK_MONOTONIC when it was */
    int64_t error;    /* ns that the offset may be wrong by, either way; 0: none */
    int64_t looked;   /* CLOCK_MONOTONIC when it was looked whether the machine had slept */
    int64_t slept; /* ns that it had when the offset was measured: CLOCK_MONOTONIC does not advance
                      then, and the wall clock does. Kept while it is right to 10 ms */
    int64_t woken; /* CLOCK_MONOTONIC when it was seen that it slept since; 0: it did not */

    /* while a capture's records are in hand, see pipeline/capture_notes.h */
    bool replayed;  /* the offset is that of the machine that the records come from */
    int64_t here;   /* the offset of this one */
    int64_t latest; /* their CLOCK_MONOTONIC when the records in hand had been read; INT64_MAX:
                       unknown */
    uint32_t boot;  /* counts the boots that they come from: CLOCK_MONOTONIC starts again from 0 */
};

/* Measures now: some system-call-free clock reads, one or two microseconds. */
void wall_offset_refresh(struct wall_offset *wall);

/* Refreshes if the last measurement is age ns old at now (CLOCK_MONOTONIC). A zeroed wall_offset
 * is always too old. After a suspend of the machine it does not until wall_offset_settle(), or for
 * that age: what had come by then is dated as it was before. */
void wall_offset_keep(struct wall_offset *wall, int64_t now, int64_t age);
/* What came before a suspend was dealt with. */
void wall_offset_settle(struct wall_offset *wall);

/* The wall time of a CLOCK_MONOTONIC one. Wraps on nonsense, never traps. */
static inline int64_t wall_offset_apply(const struct wall_offset *wall, uint64_t monotonic)
{
    return (int64_t)(monotonic + (uint64_t)wall->offset);
}

/* What added to CLOCK_BOOTTIME, which goes on during a suspend, gives the wall clock. */
static inline int64_t wall_offset_of_boottime(const struct wall_offset *wall)
{
    return wall->offset - wall->slept;
}

/* Writes RFC 3339 with nanoseconds and Z: CLOCK_RFC3339_LENGTH bytes and a NUL. Any thread. */
void clock_format_rfc3339(int64_t ns, char out[CLOCK_RFC3339_LENGTH + 1]);

/* As clock_format_rfc3339(), for many times that lie close together: the date is computed when the
 * second changes. Owned by one thread. Zeroed is the valid beginning. */
struct clock_stamper {
    int64_t begin; /* ns: of the second that prefix shows; meaningless while prefix[0] is 0 */
    char prefix[CLOCK_SECOND_LENGTH];
};

/* Writes CLOCK_RFC3339_LENGTH bytes, no NUL. */
void clock_stamp(struct clock_stamper *stamper, int64_t ns, char out[CLOCK_RFC3339_LENGTH]);
