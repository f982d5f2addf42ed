// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Added to the clocks that go on while the machine sleeps. */
static int64_t slept;

/* In the place of libc's. */
int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, id, ret_time);

    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_BOOTTIME)
        ret_time->tv_sec += slept;
    return result;
}

/* What libc makes of the same time. */
static void format_by_libc(int64_t ns, char out[64])
{
    time_t second = ns / 1000000000 - (ns % 1000000000 < 0);
    struct tm tm;
    size_t used;

    assert_non_null(gmtime_r(&second, &tm));
    used = strftime(out, 64, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + used, 64 - used, ".%09lldZ",
             (long long)((__int128)ns - (__int128)second * 1000000000));
}

static void check_time(int64_t ns)
{
    char expected[64], got[CLOCK_RFC3339_LENGTH + 1];

    format_by_libc(ns, expected);
    clock_format_rfc3339(ns, got);
    assert_string_equal(got, expected);
}

static void known_times(void **state)
{
    char text[CLOCK_RFC3339_LENGTH + 1];

    (void)state;
    clock_format_rfc3339(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000000000Z");
    clock_format_rfc3339(951782399999999999, text);
    assert_string_equal(text, "2000-02-28T23:59:59.999999999Z");
    clock_format_rfc3339(951782400000000000, text);
    assert_string_equal(text, "2000-02-29T00:00:00.000000000Z");
    clock_format_rfc3339(INT64_MAX, text);
    assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
    clock_format_rfc3339(INT64_MIN, text);
    assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
    clock_format_rfc3339(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

/* Every day from 1970 to 2262, at its first and last nanosecond. */
static void every_day(void **state)
{
    const int64_t day = INT64_C(86400000000000);

    (void)state;
    for (int64_t i = 0; i < INT64_MAX / day; i++) {
        check_time(i * day);
        check_time(i * day - 1);
    }
}

static void random_times(void **state)
{
    unsigned short seed[3] = {1, 2, 3};

    (void)state;
    for (int i = 0; i < 20000; i++)
        check_time((int64_t)((uint64_t)jrand48(seed) << 32 | (uint32_t)jrand48(seed)));
}

/* The cached second must not survive its second, in either direction. */
static void stamper_follows(void **state)
{
    static const int64_t times[] = {
        1800000000999999999,
        1800000001000000000,
        1800000000999999999,
        1800000000000000000,
        1799999999999999999,
        0,
        -1,
        0,
        INT64_MAX, /* their seconds go on behind what an int64_t reaches */
        INT64_MIN,
        INT64_MAX,
        INT64_MIN + 999999999,
        INT64_MAX - 999999999,
    };
    struct clock_stamper stamper = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        char expected[64], got[CLOCK_RFC3339_LENGTH + 1] = {0};

        format_by_libc(times[i], expected);
        clock_stamp(&stamper, times[i], got);
        assert_string_equal(got, expected);
    }
}

static void wall_offset(void **state)
{
    struct wall_offset wall = {0};
    int64_t before, after, now;

    (void)state;
    wall_offset_keep(&wall, clock_monotonic(), INT64_MAX);
    assert_int_not_equal(wall.measured, 0);
    assert_true(wall.error >= 0);
    before = clock_realtime();
    now = wall_offset_apply(&wall, (uint64_t)clock_monotonic());
    after = clock_realtime();
    /* A second of slack: clocks may be slewed in between. */
    assert_true(now > before - 1000000000 && now < after + 1000000000);

    wall.offset = 0;
    wall_offset_keep(&wall, wall.measured + 99, 100);
    assert_int_equal(wall.offset, 0);
    wall_offset_keep(&wall, wall.measured + 100, 100);
    assert_int_not_equal(wall.offset, 0);
}

/* The same moment has the same text, however often the offset is measured. */
static void wall_offset_is_steady(void **state)
{
    struct wall_offset wall = {0};
    int64_t boottime, ktime;

    (void)state;
    wall_offset_refresh(&wall);
    ktime = wall.offset;
    boottime = wall_offset_of_boottime(&wall);
    for (int i = 0; i < 20000; i++) {
        wall_offset_refresh(&wall);
        assert_int_equal(wall.offset, ktime);
        assert_int_equal(wall_offset_of_boottime(&wall), boottime);
    }
}

/* Eight hours, in which CLOCK_MONOTONIC stands still but for the way there and back. */
static void wall_offset_after_a_suspend(void **state)
{
    const int64_t second = 1000000000, hours = 8 * 3600;
    struct wall_offset wall = {0};
    int64_t before, now = clock_monotonic();

    (void)state;
    wall_offset_keep(&wall, now, 10 * second);
    before = wall.offset;
    wall_offset_settle(&wall);
    assert_int_equal(wall.offset, before);
    slept = hours;
    wall_offset_keep(&wall, now + second / 10, 10 * second);
    assert_int_equal(wall.offset, before); /* what is in the ring is from before */
    wall_offset_settle(&wall);
    assert_in_range(wall.offset - before, hours * second - second, hours * second + second);
    before = wall.offset;
    slept = 2 * hours; /* this time the ring does not come to its end */
    wall_offset_keep(&wall, now + second, 10 * second);
    wall_offset_keep(&wall, now + 10 * second, 10 * second);
    assert_int_equal(wall.offset, before);
    wall_offset_keep(&wall, now + 11 * second, 10 * second);
    assert_in_range(wall.offset - before, hours * second - second, hours * second + second);
    slept = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(every_day),
        cmocka_unit_test(random_times),
        cmocka_unit_test(stamper_follows),
        cmocka_unit_test(wall_offset),
        cmocka_unit_test(wall_offset_is_steady),
        cmocka_unit_test(wall_offset_after_a_suspend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
