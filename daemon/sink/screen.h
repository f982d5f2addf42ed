// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Standard output as something that lines are shown on. On a terminal they replace what was shown
 * before, in place and without a screen of their own, so that the last ones stay; elsewhere they
 * follow one another. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCREEN_WIDTH = 80, /* where the terminal does not say */
    SCREEN_HEIGHT = 24,
    SCREEN_ANYWHERE = UINT32_MAX, /* as the number of lines: nobody knows where they are */
};

struct screen {
    bool live;
    bool journal; /* see base/journal_stream.h */
    uint32_t width, height;
    uint64_t messages; /* of the daemon's own, as far as they were there at the last drawing */
    uint32_t drawn;    /* lines above the cursor that are ours */
    uint32_t bold;     /* the number of a line that stands out */
    int patience_ms;   /* how long to wait for room; -1: for ever */
    char *text;        /* what is drawn next */
    size_t used, room;
    bool cut; /* there was no memory for all of it */
};

/* Whether standard output is a terminal whose cursor can be moved. Any thread. */
bool screen_is_live(void);

void screen_init(struct screen *screen, bool live);
void screen_deinit(struct screen *screen); /* accepts a zeroed one */

/* Asks the terminal for its size. True: it has changed, and so what was drawn lies anywhere. */
bool screen_resized(struct screen *screen);
/* Nobody sees it any more. */
bool screen_is_gone(void);

/* A drawing is begin, lines, end. end: 0, or a negative errno as of a sink's write(). */
void screen_begin(struct screen *screen);
void screen_line(void *screen, uint32_t number, const char *text);
int screen_end(struct screen *screen);
