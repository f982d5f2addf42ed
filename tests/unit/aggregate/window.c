// SPDX-License-Identifier: Apache-2.0

/* Edges of windows, by a clock that the test turns, and what a config may say of them. */
#include "aggregate/window.h"

#include "unit/aggregate/support.h"

/* "start+length:count " of each row, in seconds after `zero`; p: partial, o: other. */
struct shown {
    int64_t zero;
    char text[2000];
};

static void show(void *data, const struct batch *batch, uint32_t index)
{
    struct shown *shown = data;
    int64_t start = (int64_t)row_integer(batch, "_start", index);
    int64_t end = (int64_t)row_integer(batch, "_end", index);
    size_t used = strlen(shown->text);

    snprintf(shown->text + used, sizeof(shown->text) - used, "%g+%g:%lu%s%s ",
             (double)(start - shown->zero) / 1e9, (double)(end - start) / 1e9,
             (unsigned long)row_integer(batch, "n", index),
             row_integer(batch, "_partial", index) ? "p" : "",
             row_integer(batch, "_other", index) ? "o" : "");
}

/* One record at a time, in seconds. */
static void hit_at(struct driven *driven, double seconds, double happened, uint32_t pid)
{
    int64_t now = (int64_t)(seconds * 1e9);
    struct hit hit = {.ktime = (uint64_t)(happened * 1e9), .pid = pid};

    drive_time(driven, now);
    drive_records(driven, &hit, 1, now);
}

static void expect(struct driven *driven, const char *expected)
{
    struct shown *shown = driven->data;

    assert_string_equal(shown->text, expected);
    shown->text[0] = '\0';
}

static void open_shown(struct driven *driven, struct shown *shown, const char *window)
{
    char config[300];

    memset(shown, 0, sizeof(*shown));
    snprintf(config, sizeof(config), "{window: %s, by: pid, values: {n: count()}}", window);
    drive_open(driven, config, show, shown);
}

static void a_boundary_belongs_to_the_next_window(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "10s");
    hit_at(&driven, 100, 0, 1);
    hit_at(&driven, 109.999999999, 0, 1);
    expect(&driven, "");
    hit_at(&driven, 110, 0, 1);
    expect(&driven, "100+10:2 ");
    assert_int_equal(driven.opened.handler->ops->due(driven.opened.handler), 120 * SECOND);
    drive_time(&driven, 119 * SECOND);
    expect(&driven, "");
    drive_end(&driven, 119 * SECOND);
    expect(&driven, "110+10:1p ");
    drive_close(&driven);
}

static void nothing_comes_of_windows_without_records(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "1s");
    hit_at(&driven, 5, 0, 1);
    hit_at(&driven, 1000.5, 0, 1);
    drive_end(&driven, 1001 * SECOND);
    expect(&driven, "5+1:1 1000+1:1 ");
    drive_close(&driven);
}

static void windows_hop(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, hop: 5s}");
    hit_at(&driven, 100, 0, 1);
    hit_at(&driven, 105, 0, 1);
    expect(&driven, "95+10:1p ");
    hit_at(&driven, 110, 0, 1);
    expect(&driven, "100+10:2 ");
    drive_end(&driven, 111 * SECOND);
    expect(&driven, "105+10:2p 110+10:1p ");
    drive_close(&driven);
}

static void the_wall_clock_may_jump(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    hit_wall.offset = 1003 * SECOND;
    open_shown(&driven, &shown, "{every: 10s, align: true}");
    hit_at(&driven, 1, 0, 1); /* 1004 */
    hit_at(&driven, 7, 0, 1); /* 1010 */
    expect(&driven, "1000+10:1p ");
    hit_wall.offset -= 100 * SECOND; /* back to 911 */
    hit_at(&driven, 8, 0, 1);
    expect(&driven, "1010+10:1p ");
    hit_at(&driven, 17, 0, 1); /* 920 */
    expect(&driven, "910+10:1p ");
    hit_wall.offset += 1000 * SECOND; /* on to 1921 */
    hit_at(&driven, 18, 0, 1);
    expect(&driven, "920+10:1p ");
    hit_wall.offset -= SECOND / 2; /* slewed, not set */
    hit_at(&driven, 18.1, 0, 1);
    drive_end(&driven, 28 * SECOND);
    expect(&driven, "1920+10:2p ");
    hit_wall.offset = 0;
    drive_close(&driven);
}

static void late_records_are_counted(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, by: ktime, late: 5s}");
    hit_at(&driven, 200, 101, 1);
    hit_at(&driven, 201, 114.9, 1);
    hit_at(&driven, 202, 109, 1); /* late, but not too late */
    expect(&driven, "");
    hit_at(&driven, 203, 115, 1);
    hit_at(&driven, 204, 109, 1);
    expect(&driven, "100+10:2 ");
    assert_int_equal(driven.tally.late, 1);
    hit_at(&driven, 205, 999, 1); /* the future is now */
    expect(&driven, "");
    hit_at(&driven, 206, 206, 1);
    expect(&driven, "110+10:2 ");
    drive_time(&driven, 220 * SECOND);
    expect(&driven, "");
    drive_time(&driven, 221 * SECOND); /* nothing came for a window and its lateness */
    expect(&driven, "200+10:2 ");
    drive_close(&driven);
}

static void sessions_end_after_a_gap(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{gap: 10s}");
    hit_at(&driven, 100, 0, 1);
    hit_at(&driven, 109, 0, 1);
    hit_at(&driven, 109, 0, 2);
    hit_at(&driven, 118.9, 0, 1);
    expect(&driven, "");
    hit_at(&driven, 119, 0, 2); /* exactly the gap: another session */
    drive_time(&driven, 122 * SECOND);
    expect(&driven, "109+0:1 ");
    drive_time(&driven, 140 * SECOND);
    expect(&driven, "100+18.9:3 119+0:1 ");
    hit_at(&driven, 150, 0, 3);
    drive_end(&driven, 151 * SECOND);
    expect(&driven, "150+0:1p ");
    drive_close(&driven);
}

static void a_running_window_is_shown_again_and_again(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, running: true}");
    hit_at(&driven, 100, 0, 1);
    hit_at(&driven, 105, 0, 1);
    expect(&driven, "");
    hit_at(&driven, 110, 0, 1);
    expect(&driven, "100+10:2 ");
    drive_time(&driven, 120 * SECOND);
    expect(&driven, "100+20:3 ");
    drive_end(&driven, 125 * SECOND);
    expect(&driven, "100+25:3p ");
    drive_close(&driven);
}

static void refuse_window(const char *window, const char *expected)
{
    char config[300], message[400];

    snprintf(config, sizeof(config), "{by: pid, values: {n: count()}, window: %s}", window);
    snprintf(message, sizeof(message), "t.yaml:%s\n", expected);
    refuse_handler(&aggregate_ops, config, &hit_host, -EINVAL, message);
}

static void refuses(void **state)
{
    (void)state;
    refuse_window("{hop: 1s}",
                  "1:52: aggregate.window: one of the keys \"every\" and \"gap\" is missing");
    refuse_window("{every: 10s, hop: 3s}",
                  "1:52: aggregate.window: a window's length is 1 to 64 times its hop");
    refuse_window("{every: 10s, gap: 3s}",
                  "1:52: aggregate.window: a window with a gap has no other length");
    refuse_window("{every: 10s, late: 3s}",
                  "1:52: aggregate.window: nothing is late by arrival: \"late\" needs \"by\"");
    refuse_window("{every: 10s, running: true, align: true}",
                  "1:52: aggregate.window: a running window has \"every\" and nothing else");
    refuse_window("{every: 10s, by: size}",
                  "1:69: aggregate.window.by: expected a field that means a time: "
                  "ktime or unix_ns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boundary_belongs_to_the_next_window),
        cmocka_unit_test(nothing_comes_of_windows_without_records),
        cmocka_unit_test(windows_hop),
        cmocka_unit_test(the_wall_clock_may_jump),
        cmocka_unit_test(late_records_are_counted),
        cmocka_unit_test(sessions_end_after_a_gap),
        cmocka_unit_test(a_running_window_is_shown_again_and_again),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
