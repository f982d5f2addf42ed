// SPDX-License-Identifier: Apache-2.0

/* Clock reads and their text. The offset between two clocks cannot be read at once: a read of the
 * wall clock between two of the monotonic one bounds it by half the bracket's width, and the
 * narrowest of some brackets is one that no interrupt fell into.
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

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * ns_per_second + now.tv_nsec;
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_realtime(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_boottime(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

void wall_offset_refresh(struct wall_offset *wall)
{
    int64_t narrowest = INT64_MAX;

    for (int i = 0; i < BRACKETS; i++) {
        int64_t before = clock_monotonic();
        int64_t real = clock_realtime();
        int64_t after = clock_monotonic();

        if (after - before >= narrowest)
            continue;
        narrowest = after - before;
        wall->offset = real - (before + narrowest / 2);
        wall->measured = after;
    }
    wall->error = (narrowest + 1) / 2;
    wall->slept = clock_boottime() - clock_monotonic();
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
