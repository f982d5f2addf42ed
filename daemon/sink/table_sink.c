// SPDX-License-Identifier: Apache-2.0

/* The input is JSON, as for other sinks: so a table needs no encoder, and shows names, times and
 * meanings as events do. Nothing marks the last row of a window. A window is complete when a row of
 * another window arrives, or when no row has come for a moment. */

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "encode/json.h"
#include "sink/sink_kinds.h"
#include "sink/stdout_display.h"
#include "sink/table_layout.h"

enum {
    LIVE_QUIET_MS = 40,      /* without a row: all rows of a window are there */
    PLAIN_QUIET_MS = 250,    /* without a row, where output cannot be redrawn when more rows come */
    LOOK_MS = 250,           /* between checks of the terminal's size, and between tries to draw */
    CLOSE_PATIENCE_MS = 500, /* for a terminal that was stopped */
};

#define NS_PER_MS 1000000

struct table_sink {
    struct sink base;
    struct stdout_display display;
    struct table_layout layout;
    locale_t locale;
    char window[64];
    bool drawn;       /* all rows of layout were */
    int64_t last_row; /* ns, monotonic */
};

static int table_open(const void *config, const struct sink_options *options, struct error *error,
                      struct sink **ret)
{
    int result = stdout_check(error);
    struct table_sink *table;
    locale_t locale;

    (void)config;
    (void)options;
    if (result < 0)
        return result;
    locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    if (!locale)
        return error_set(error, -errno,
                         "this system lacks the locale C.UTF-8, which a table needs");
    table = calloc(1, sizeof(*table));
    if (!table) {
        freelocale(locale);
        return error_set(error, -ENOMEM, "out of memory");
    }
    table->base.ops = &sink_table;
    table->locale = locale;
    stdout_display_init(&table->display, stdout_display_is_live());
    table->display.bold = 1;
    *ret = &table->base;
    return 0;
}

/* 0; or -errno, and the rows stay to be drawn again. The last row and the last column of a terminal
 * stay free: the row for the cursor. */
static int draw(struct table_sink *table)
{
    struct stdout_display *display = &table->display;
    struct table_layout_room room = {0};
    locale_t before = uselocale(table->locale);
    int result;

    stdout_display_measure(display);
    if (display->live)
        room = (struct table_layout_room){display->width > 1 ? display->width - 1 : 1,
                                          display->height > 1 ? display->height - 1 : 1};
    stdout_display_begin(display);
    table_layout_draw(&table->layout, room, stdout_display_line, display);
    result = stdout_display_end(display);
    uselocale(before);
    if (result < 0)
        return result;
    table->drawn = true;
    if (!display->live)
        table_layout_clear(&table->layout);
    return 0;
}

static bool has_undrawn(const struct table_sink *table)
{
    return table->layout.n_rows > 0 && !table->drawn;
}

static bool is_next_window(const struct table_sink *table, const char *window)
{
    return strncmp(table->window, window, sizeof(table->window) - 1) != 0;
}

/* Takes over the row if it returns 0; else -errno: the rows before it could not be drawn. On a
 * terminal, a window that is followed by the next one at once is not drawn. */
static int take_row(struct table_sink *table, json_t *row)
{
    const char *window = table_layout_window(row);
    const json_t *lost = json_object_get(row, "_lost");
    int result;

    if (lost) {
        table->layout.lost += (uint64_t)json_integer_value(lost);
        table->drawn = false; /* the title must be drawn again with the new losses */
        json_decref(row);
        return 0;
    }
    if (is_next_window(table, window ? window : "") ||
        (!table->display.live && table->layout.n_rows == TABLE_ROWS_MAX)) {
        if (!table->display.live && has_undrawn(table) && (result = draw(table)) < 0)
            return result;
        table_layout_clear(&table->layout);
        snprintf(table->window, sizeof(table->window), "%s", window ? window : "");
    }
    table_layout_add(&table->layout, row);
    table->drawn = false;
    return 0;
}

/* jansson has no unsigned integers: larger numbers are read as reals, with less precision. */
static json_t *parse(const char *text, size_t length)
{
    json_t *row = json_loadb(text, length, 0, NULL);

    return row ? row : json_loadb(text, length, JSON_DECODE_INT_AS_REAL, NULL);
}

static enum sink_state table_write(struct sink *base, const char *bytes, size_t size,
                                   struct sink_outcome *outcome)
{
    struct table_sink *table = (struct table_sink *)base;
    const char *end = bytes + size;
    const char *at = bytes;
    int result = 0;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;
        json_t *row = parse(at, (size_t)(next - at));

        result = row ? take_row(table, row) : 0;
        if (result < 0) {
            json_decref(row);
            break;
        }
        outcome->refused += row == NULL;
        at = next;
    }
    if (result == -EPIPE)
        return SINK_GONE;
    if (at == bytes)
        return sink_written(outcome, result, NULL);
    table->last_row = clock_monotonic();
    outcome->taken = (size_t)(at - bytes);
    if (outcome->refused == 0)
        return SINK_ACCEPTED;
    outcome->why = "they are not JSON that a table can read";
    return SINK_REFUSED;
}

static int quiet_left(const struct table_sink *table)
{
    int64_t passed = (clock_monotonic() - table->last_row) / NS_PER_MS;
    int64_t quiet = table->display.live ? LIVE_QUIET_MS : PLAIN_QUIET_MS;

    return passed < quiet ? (int)(quiet - passed) : 0;
}

static enum sink_state table_tend(struct sink *base, struct sink_outcome *outcome)
{
    struct table_sink *table = (struct table_sink *)base;
    int left = quiet_left(table);
    bool undrawn = has_undrawn(table);
    int result = 0;

    if (stdout_display_is_gone())
        return SINK_GONE;
    if (undrawn && left > 0) {
        outcome->due_ms = left;
        return SINK_ACCEPTED;
    }
    if (undrawn || (stdout_display_measure(&table->display) && table->display.drawn > 0))
        result = draw(table);
    if (result == -EPIPE)
        return SINK_GONE;
    if (table->display.live || result < 0)
        outcome->due_ms = LOOK_MS;
    return sink_written(outcome, result, NULL);
}

/* Draws also without new rows, to erase what the terminal has echoed (such as ^C). */
static void table_finish(struct sink *base)
{
    struct table_sink *table = (struct table_sink *)base;

    table->display.patience_ms = CLOSE_PATIENCE_MS;
    if (has_undrawn(table) || table->display.drawn > 0)
        draw(table);
}

static void table_watch(const struct sink *base, struct pollfd *ret)
{
    (void)base;
    ret->fd = STDOUT_FILENO;
}

static void table_close(struct sink *base)
{
    struct table_sink *table = (struct table_sink *)base;

    if (!table)
        return;
    table->display.patience_ms = CLOSE_PATIENCE_MS;
    if (has_undrawn(table))
        draw(table);
    table_layout_clear(&table->layout);
    stdout_display_deinit(&table->display);
    freelocale(table->locale);
    free(table);
}

const struct sink_ops sink_table = {
    .name = "table",
    .doc = "the rows of an aggregate as a table on standard output, live on a terminal",
    .format = &json_encoder_ops,
    .once = true,
    .ends_daemon = true,
    .open = table_open,
    .write = table_write,
    .tend = table_tend,
    .finish = table_finish,
    .watch = table_watch,
    .close = table_close,
};
