// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shows lines on standard output. On a terminal they replace the previous ones in place, without an
 * alternate screen, so that the last ones stay visible; elsewhere they follow one another. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    DISPLAY_WIDTH = 80, /* if the terminal does not report it */
    DISPLAY_HEIGHT = 24,
    DISPLAY_ANYWHERE = UINT32_MAX, /* as the number of lines: position unknown */
};

struct stdout_display {
    bool live;
    bool journal; /* see base/journal_stream.h */
    uint32_t width, height;
    uint64_t messages; /* number of daemon messages at the last drawing */
    uint32_t drawn;    /* lines above the cursor that are ours */
    uint32_t bold;     /* the number of the line to show in bold */
    int patience_ms;   /* how long to wait for room; -1: forever */
    char *text;        /* what is drawn next */
    size_t used, room;
    bool cut; /* out of memory: some of it is missing */
};

/* Checks that standard output can be written to. 0, or -EBADF and a sentence. */
int stdout_check(struct error *error);
/* Whether standard output is a terminal whose cursor can be moved. Any thread. */
bool stdout_display_is_live(void);

/* Begins without lines; live: lines are replaced in place, see stdout_display_is_live(). */
void stdout_display_init(struct stdout_display *display, bool live);
/* Frees the memory; accepts a zeroed one. What was drawn stays visible. */
void stdout_display_deinit(struct stdout_display *display);

/* Reads the size of the terminal. True: it has changed, so the position of the last drawing is
 * unknown. */
bool stdout_display_measure(struct stdout_display *display);
/* Whether the reader or terminal is gone. */
bool stdout_display_is_gone(void);

/* Begins a drawing, which is stdout_display_begin(), lines, stdout_display_end(). */
void stdout_display_begin(struct stdout_display *display);
/* A table_layout_line: adds a line to the drawing; display is a struct stdout_display. */
void stdout_display_line(void *display, uint32_t number, const char *text);
/* Writes the drawing. 0; -EPIPE: the reader or terminal is gone; or another negative errno: some of
 * it may be written. */
int stdout_display_end(struct stdout_display *display);
