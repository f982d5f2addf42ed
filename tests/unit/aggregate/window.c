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

static void count_row(uint32_t *count, const struct batch *batch, uint32_t index)
{
    (void)batch, (void)index;
    ++*count;
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

/* Records of those times, in seconds, in one batch. */
static void hits_at(struct driven *driven, double seconds, const double *times, uint32_t count)
{
    struct hit hits[32] = {0};

    for (uint32_t i = 0; i < count; i++)
        hits[i].ktime = hits[i].wall = (uint64_t)(times[i] * 1e9);
    drive_records(driven, hits, count, (int64_t)(seconds * 1e9));
}

#define HITS_AT(driven, seconds, ...)                       \
    hits_at(driven, seconds, (const double[]){__VA_ARGS__}, \
            sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static uint64_t counted;

static void note_counted(void *name, const struct row *row, uint64_t value)
{
    if (strcmp(row->name, name) == 0)
        counted = value;
}

static void expect_counted(const struct driven *driven, const char *name, uint64_t expected)
{
    aggregate_ops.rows(driven->opened.handler, note_counted, (void *)name);
    assert_int_equal(counted, expected);
}

static void a_batch_is_judged_in_its_order(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, by: ktime}");
    HITS_AT(&driven, 200, 101, 109, 111, 109, 125, 119, 121);
    assert_int_equal(driven.tally.late, 2);
    assert_int_equal(driven.opened.handler->ops->due(driven.opened.handler), 0);
    drive_time(&driven, 200 * SECOND);
    expect(&driven, "100+10:2 110+10:1 ");
    drive_end(&driven, 201 * SECOND);
    expect(&driven, "120+10:2p ");
    drive_close(&driven);
}

static void each_window_of_a_record_is_judged_for_itself(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 20s, hop: 10s, by: ktime}");
    HITS_AT(&driven, 200, 105, 112, 109, 121, 109, 115);
    assert_int_equal(driven.tally.late, 1); /* of the second 109, both have ended */
    assert_int_equal(driven.tally.aggregated, 5);
    expect_counted(&driven, "windows_missed", 2);
    drive_time(&driven, 200 * SECOND);
    expect(&driven, "90+20:1 100+20:3 ");
    drive_end(&driven, 201 * SECOND);
    expect(&driven, "110+20:3p 120+20:1p ");
    drive_close(&driven);
}

/* A window of its own for each record, also of those that wait for their rows. */
static void windows_never_run_out(void **state)
{
    struct shown shown;
    struct driven driven;
    uint32_t made = 0;
    double times[32];

    (void)state;
    open_shown(&driven, &shown, "{every: 1s, hop: 500ms, by: ktime}");
    driven.data = &made;
    driven.take = (row_taker)count_row;
    for (uint32_t i = 0; i < 200; i++) {
        while (driven.opened.handler->waits)
            drive_step(&driven, 100000 * SECOND, false);
        for (uint32_t k = 0; k < 32; k++)
            times[k] = 10.0 * (32 * i + k);
        hits_at(&driven, 100000, times, 32);
    }
    drive_end(&driven, 100000 * SECOND);
    assert_int_equal(driven.tally.failed + driven.tally.late, 0);
    assert_int_equal(made, 2 * 200 * 32);
    drive_close(&driven);
}

static void nothing_ends_before_it_was_read(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, by: ktime}");
    hit_at(&driven, 105, 101, 1);
    driven.opened.handler->records_wait = true; /* it stood still for a while */
    drive_time(&driven, 500 * SECOND);
    driven.opened.handler->records_wait = false;
    expect(&driven, "");
    assert_int_equal(driven.opened.handler->ops->due(driven.opened.handler), 510 * SECOND);
    hit_at(&driven, 500, 109, 1);
    hit_at(&driven, 509, 109, 1);
    drive_time(&driven, 519 * SECOND);
    expect(&driven, "100+10:3 ");
    assert_int_equal(driven.tally.late, 0);
    drive_close(&driven);
}

static void a_clock_set_back_makes_nothing_late(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    hit_wall.offset = 5000 * SECOND;
    open_shown(&driven, &shown, "{every: 10s, by: wall}");
    drive_time(&driven, 105 * SECOND);
    HITS_AT(&driven, 105, 5101, 5104);
    hit_wall.offset -= 3600 * SECOND;
    HITS_AT(&driven, 106, 1505, 5105, 1504); /* the second one is from the future */
    drive_time(&driven, 106 * SECOND);
    expect(&driven, "5100+10:2p ");
    expect_counted(&driven, "ahead", 1);
    hit_wall.offset += 7200 * SECOND;
    HITS_AT(&driven, 107, 8707);
    drive_end(&driven, 108 * SECOND);
    expect(&driven, "1500+10:3p 8700+10:1p ");
    assert_int_equal(driven.tally.late, 0);
    hit_wall.offset = 0;
    drive_close(&driven);
}

/* What is after the turn's beginning is not from the future: the turn may have taken long. */
static void the_clock_says_what_is_ahead(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{every: 10s, by: ktime}");
    hit_now = 150 * SECOND;
    HITS_AT(&driven, 105, 101, 145, 160, 149);
    hit_now = 0;
    expect_counted(&driven, "ahead", 1);
    drive_end(&driven, 151 * SECOND);
    expect(&driven, "100+10:1 140+10:1 150+10:1p ");
    assert_int_equal(driven.tally.late, 1);
    drive_close(&driven);
}

/* The machine that replays was started a minute ago, and the one that recorded twice. */
static void a_capture_has_its_own_clock(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    hit_wall =
        (struct wall_offset){.offset = 7 * SECOND, .replayed = true, .latest = 9000 * SECOND};
    open_shown(&driven, &shown, "{every: 10s, by: ktime}");
    shown.zero = 7 * SECOND;
    driven.opened.handler->records_wait = true;
    HITS_AT(&driven, 60, 8001, 8012, 9500, 8013);
    expect_counted(&driven, "ahead", 1);
    drive_time(&driven, 1000 * SECOND);
    expect(&driven, "8000+10:1 ");
    hit_wall.latest = INT64_MAX;
    hit_wall.boot++;
    HITS_AT(&driven, 1000, 1, 12);
    drive_end(&driven, 1000 * SECOND);
    expect(&driven, "8010+10:3p 0+10:1 10+10:1p ");
    assert_int_equal(driven.tally.late, 0);
    memset(&hit_wall, 0, sizeof(hit_wall));
    drive_close(&driven);
}

static void times_at_the_ends_of_their_range(void **state)
{
    static const uint64_t times[] = {0, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX, 50 * SECOND};
    struct shown shown;
    struct driven driven;
    struct hit hits[5];

    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        hits[i] = (struct hit){.ktime = times[i], .wall = times[i], .size = (int64_t)times[i]};
    open_shown(&driven, &shown, "{every: 10s, by: ktime, late: 600s}");
    drive_records(&driven, hits, 5, 60 * SECOND);
    expect_counted(&driven, "ahead", 3);
    drive_end(&driven, 60 * SECOND);
    expect(&driven, "0+10:1p 50+10:1p 60+10:3p ");
    drive_close(&driven);
    open_shown(&driven, &shown, "{every: 10s, by: moment, late: 600s}");
    drive_records(&driven, &hits[2], 3, 60 * SECOND); /* the first one is from long ago */
    drive_end(&driven, 60 * SECOND);
    assert_int_equal(driven.tally.late, 0);
    assert_int_equal(driven.tally.emitted, 3);
    drive_close(&driven);
}

static void sessions_by_a_field_end_when_their_time_has_come(void **state)
{
    struct shown shown;
    struct driven driven;

    (void)state;
    open_shown(&driven, &shown, "{gap: 10s, by: ktime}");
    HITS_AT(&driven, 500, 100, 109, 100.5, 125, 131);
    HITS_AT(&driven, 500, 122, 119); /* the second one's window would have ended */
    assert_int_equal(driven.tally.late, 1);
    assert_int_equal(driven.opened.handler->ops->due(driven.opened.handler), 0);
    drive_time(&driven, 500 * SECOND);
    expect(&driven, "100+9:3 ");
    drive_time(&driven, 510 * SECOND); /* nothing came for long */
    drive_time(&driven, 513 * SECOND);
    expect(&driven, "122+9:3 ");
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
    refuse_window("{hop: 1s}", "1:52: aggregate.window: missing key: write every, as in {every: "
                               "10s}, or gap, as in {gap: 30s}");
    refuse_window("{every: 10s, hop: 3s}",
                  "1:52: aggregate.window: every: must be 1 to 64 times hop:");
    refuse_window(
        "{every: 10s, gap: 3s}",
        "1:52: aggregate.window: gap: cannot be used with every:, hop:, running: or align:");
    refuse_window("{every: 10s, late: 3s}", "1:52: aggregate.window: late: requires by:");
    refuse_window("{every: 10s, running: true, align: true}",
                  "1:52: aggregate.window: running: cannot be used with hop:, by: or align:");
    refuse_window("{every: 10s, by: size}", "1:69: aggregate.window.by: expected a time: a field "
                                            "that means ktime, boottime or unix_ns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boundary_belongs_to_the_next_window),
        cmocka_unit_test(nothing_comes_of_windows_without_records),
        cmocka_unit_test(windows_hop),
        cmocka_unit_test(the_wall_clock_may_jump),
        cmocka_unit_test(late_records_are_counted),
        cmocka_unit_test(a_batch_is_judged_in_its_order),
        cmocka_unit_test(each_window_of_a_record_is_judged_for_itself),
        cmocka_unit_test(windows_never_run_out),
        cmocka_unit_test(nothing_ends_before_it_was_read),
        cmocka_unit_test(a_clock_set_back_makes_nothing_late),
        cmocka_unit_test(the_clock_says_what_is_ahead),
        cmocka_unit_test(a_capture_has_its_own_clock),
        cmocka_unit_test(times_at_the_ends_of_their_range),
        cmocka_unit_test(sessions_by_a_field_end_when_their_time_has_come),
        cmocka_unit_test(sessions_end_after_a_gap),
        cmocka_unit_test(a_running_window_is_shown_again_and_again),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
