// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shows lines on standard output. On a terminal they replace the previous ones in place, without an
 * alternate screen, so that the last ones stay visible; elsewhere they follow one another. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    SCREEN_WIDTH = 80, /* if the terminal does not report it */
    SCREEN_HEIGHT = 24,
    SCREEN_ANYWHERE = UINT32_MAX, /* as the number of lines: position unknown */
};

struct screen {
    bool live;
    bool journal; /* see base/journal_stream.h */
    uint32_t width, height;
    uint64_t messages; /* number of daemon messages at the last drawing */
    uint32_t drawn;    /* lines above the cursor that are ours */
    uint32_t bold;     /* the number of the line to show in bold */
    int patience_ms;   /* how long to wait for room; -1: for ever */
    char *text;        /* what is drawn next */
    size_t used, room;
    bool cut; /* out of memory: some of it is missing */
};

/* Checks that standard output can be written to. 0, or -EBADF and a sentence. */
int stdout_check(struct error *error);
/* Whether standard output is a terminal whose cursor can be moved. Any thread. */
bool screen_is_live(void);

void screen_init(struct screen *screen, bool live);
void screen_deinit(struct screen *screen); /* accepts a zeroed one */

/* Reads the size of the terminal. True: it has changed, so the position of the last drawing is
 * unknown. */
bool screen_resized(struct screen *screen);
/* Whether the reader or terminal is gone. */
bool screen_is_gone(void);

/* A drawing is screen_begin(), lines, screen_end(). screen_end() returns 0, or a negative errno as
 * write() of a sink does. */
void screen_begin(struct screen *screen);
void screen_line(void *screen, uint32_t number, const char *text);
int screen_end(struct screen *screen);
