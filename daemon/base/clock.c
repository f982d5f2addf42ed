// SPDX-License-Identifier: Apache-2.0

/* Clock reads and their text. The offset between two clocks cannot be read at once: a read of the
 * wall clock between two of the monotonic one bounds it by half the bracket's width, and the
 * narrowest of some brackets is one that no interrupt fell into. The kernel itself adds a number
 * that only changes when the wall clock is set; the coarse clocks show it.
 *
 * Dates come by own arithmetic (days to civil date, in eras of 400 years that begin in March, so
 * that the leap day is an era's last): no locale, no time zone lock, and the same on every libc. */

#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { BRACKETS = 8, SECONDS_PER_DAY = 86400 };
static const int64_t ns_per_second = 1000000000;

/* A suspend takes longer than that, by CLOCK_MONOTONIC too, so who calls more often need not look.
 */
#define SUSPEND_NS INT64_C(5000000)
/* How much longer the machine must have slept; the two clocks are read one after the other. */
#define SLEPT_NS INT64_C(10000000)

/* Set once, before there are threads. */
static int64_t monotonic_shift, boottime_shift;

void clock_set_shift(int64_t monotonic, int64_t boottime)
{
    monotonic_shift = monotonic;
    boottime_shift = boottime;
}

static int64_t shift_of(clockid_t id)
{
    switch (id) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
        return monotonic_shift;
    case CLOCK_BOOTTIME:
        return boottime_shift;
    default:
        return 0;
    }
}

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * ns_per_second + now.tv_nsec - shift_of(id);
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_coarse(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

void clock_after(int64_t ns, struct timespec *ret)
{
    int64_t at = read_clock(CLOCK_MONOTONIC) + monotonic_shift + ns;

    *ret = (struct timespec){.tv_sec = at / ns_per_second, .tv_nsec = at % ns_per_second};
}

int64_t clock_realtime(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_boottime(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

/* What added to CLOCK_MONOTONIC gives another clock: between two bounds. */
struct bracket {
    int64_t low;
    int64_t high;
    int64_t measured; /* CLOCK_MONOTONIC */
};

static struct bracket bracket_of(clockid_t id)
{
    struct bracket narrowest = {.low = INT64_MIN / 4, .high = INT64_MAX / 4};

    for (int i = 0; i < BRACKETS; i++) {
        int64_t before = clock_monotonic();
        int64_t other = read_clock(id);
        int64_t after = clock_monotonic();

        if (after - before < narrowest.high - narrowest.low)
            narrowest = (struct bracket){other - after, other - before, after};
    }
    return narrowest;
}

static bool bracket_has(const struct bracket *bracket, int64_t offset)
{
    return offset >= bracket->low && offset <= bracket->high;
}

static int64_t bracket_middle(const struct bracket *bracket)
{
    return bracket->low + (bracket->high - bracket->low) / 2;
}

/* The coarse clocks are those of the last tick. Unless another tick falls between the reads, their
 * difference is what the kernel adds, to the nanosecond. */
static bool read_exact(int64_t *ret_offset)
{
    for (int i = 0; i < BRACKETS; i++) {
        int64_t before = read_clock(CLOCK_MONOTONIC_COARSE);
        int64_t real = read_clock(CLOCK_REALTIME_COARSE);

        if (read_clock(CLOCK_MONOTONIC_COARSE) != before)
            continue;
        *ret_offset = real - before;
        return true;
    }
    return false;
}

/* A time since the boot is a part of what identifies a process, so it has to have one text: the
 * offset may not differ by a nanosecond from one measurement to the next. */
void wall_offset_refresh(struct wall_offset *wall)
{
    struct bracket real = bracket_of(CLOCK_REALTIME), boot = bracket_of(CLOCK_BOOTTIME);
    int64_t slept = bracket_middle(&boot), exact;

    if (read_exact(&exact) && bracket_has(&real, exact)) {
        wall->offset = exact;
        wall->error = 0;
    } else if (!bracket_has(&real, wall->offset)) {
        wall->offset = bracket_middle(&real);
        wall->error = (real.high - real.low + 1) / 2;
    }
    if (slept - wall->slept >= SLEPT_NS || wall->slept - slept >= SLEPT_NS)
        wall->slept = slept;
    wall->measured = real.measured;
    wall->looked = wall->measured;
    wall->woken = 0;
}

static void look_for_suspend(struct wall_offset *wall, int64_t now)
{
    if (wall->woken == 0 && now - wall->looked >= SUSPEND_NS &&
        clock_boottime() - now - wall->slept >= SLEPT_NS)
        wall->woken = now;
    wall->looked = now;
}

void wall_offset_keep(struct wall_offset *wall, int64_t now, int64_t age)
{
    if (wall->measured != 0)
        look_for_suspend(wall, now);
    if (wall->measured == 0 || now - (wall->woken ? wall->woken : wall->measured) >= age)
        wall_offset_refresh(wall);
}

void wall_offset_settle(struct wall_offset *wall)
{
    if (wall->woken)
        wall_offset_refresh(wall);
}

static void put_two(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

/* "2026-11-22T" of the days since 1970-01-01. */
static void put_date(int64_t days, char *out)
{
    int64_t shifted =
        days + 719468; /* since 0000-03-01; positive for all that 64 bits of ns hold */
    unsigned era = (unsigned)(shifted / 146097);
    unsigned day_of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * day_of_year + 2) / 153;
    unsigned month = from_march < 10 ? from_march + 3 : from_march - 9;
    unsigned year = era * 400 + year_of_era + (month <= 2);

    put_two(out, year / 100);
    put_two(out + 2, year % 100);
    out[4] = '-';
    put_two(out + 5, month);
    out[7] = '-';
    put_two(out + 8, day_of_year - (153 * from_march + 2) / 5 + 1);
    out[10] = 'T';
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static void put_second(int64_t second, char out[CLOCK_SECOND_LENGTH])
{
    int64_t days = floor_divide(second, SECONDS_PER_DAY);
    unsigned rest = (unsigned)(second - days * SECONDS_PER_DAY);

    put_date(days, out);
    put_two(out + 11, rest / 3600);
    out[13] = ':';
    put_two(out + 14, rest / 60 % 60);
    out[16] = ':';
    put_two(out + 17, rest % 60);
    out[19] = '.';
}

/* Nine digits: encode/digits.c says how. */
static void put_nine(char *out, uint32_t value)
{
    uint64_t number = value * ((UINT64_C(1) << 57) / 100000000 + 1);

    *out++ = (char)('0' + (number >> 57));
    for (int i = 0; i < 4; i++) {
        number = (number & ((UINT64_C(1) << 57) - 1)) * 100;
        put_two(out + 2 * i, (unsigned)(number >> 57));
    }
}

/* The very first second begins before what an int64_t reaches, so it is not kept; the last one ends
 * after it, and there begins the first one again: hence the first compare. */
void clock_stamp(struct clock_stamper *stamper, int64_t ns, char out[CLOCK_RFC3339_LENGTH])
{
    uint64_t rest = (uint64_t)ns - (uint64_t)stamper->begin;
    bool wrapped = false;

    if (ns < stamper->begin || rest >= (uint64_t)ns_per_second || !stamper->prefix[0]) {
        int64_t second = floor_divide(ns, ns_per_second);

        put_second(second, stamper->prefix);
        wrapped = __builtin_mul_overflow(second, ns_per_second, &stamper->begin);
        rest = (uint64_t)ns - (uint64_t)stamper->begin;
    }
    memcpy(out, stamper->prefix, CLOCK_SECOND_LENGTH);
    put_nine(out + 20, (uint32_t)rest);
    out[29] = 'Z';
    if (wrapped)
        stamper->prefix[0] = '\0';
}

void clock_format_rfc3339(int64_t ns, char out[CLOCK_RFC3339_LENGTH + 1])
{
    struct clock_stamper stamper = {0};

    clock_stamp(&stamper, ns, out);
    out[CLOCK_RFC3339_LENGTH] = '\0';
}
