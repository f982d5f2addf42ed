// SPDX-License-Identifier: Apache-2.0

/* Uses four control sequences of ECMA-48 that all terminals but "dumb" ones support: up, clear to
 * the end of the line, clear below, bold. A line is never as wide as the terminal, because
 * terminals differ in what they do after the last column. A drawing is written at once, so that
 * nobody sees half of it.
 *
 * The daemon's own messages may go to the same terminal. They appear below the last drawing, so
 * after a message the next drawing begins below it.
 *
 * When the size changes, terminals re-wrap lines in different ways, so it is unknown where our
 * lines begin: then the screen is cleared. */

#include "sink/stdout_display.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/journal_stream.h"
#include "base/log.h"

int stdout_check(struct error *error)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return error_set(error, -EBADF,
                         "standard output is closed or read-only; redirect it, as in: > FILE");
    return 0;
}

bool stdout_display_is_live(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void stdout_display_init(struct stdout_display *display, bool live)
{
    *display = (struct stdout_display){
        .live = live,
        .journal = journal_stream_is(STDOUT_FILENO),
        .width = DISPLAY_WIDTH,
        .height = DISPLAY_HEIGHT,
        .bold = UINT32_MAX,
        .patience_ms = -1,
    };
    stdout_display_measure(display);
}

void stdout_display_deinit(struct stdout_display *display)
{
    free(display->text);
    display->text = NULL;
}

bool stdout_display_measure(struct stdout_display *display)
{
    struct winsize size;

    if (!display->live || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
        size.ws_row == 0 || (size.ws_col == display->width && size.ws_row == display->height))
        return false;
    display->width = size.ws_col;
    display->height = size.ws_row;
    if (display->drawn > 0)
        display->drawn = DISPLAY_ANYWHERE;
    return true;
}

bool stdout_display_is_gone(void)
{
    struct pollfd fd = {.fd = STDOUT_FILENO};

    return poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP | POLLNVAL);
}

static void put_bytes(struct stdout_display *display, const char *text, size_t length)
{
    if (length == 0)
        return;
    if (display->used + length > display->room) {
        size_t room = 2 * (display->used + length);
        char *grown = realloc(display->text, room);

        display->cut |= !grown;
        if (!grown)
            return;
        display->text = grown;
        display->room = room;
    }
    memcpy(display->text + display->used, text, length);
    display->used += length;
}

static void put(struct stdout_display *display, const char *text)
{
    size_t length = strlen(text), plain;

    while (display->journal && (plain = journal_stream_plain(text, length)) < length) {
        put_bytes(display, text, plain);
        put_bytes(display, JOURNAL_STREAM_LESS, sizeof(JOURNAL_STREAM_LESS) - 1);
        text += plain + 1;
        length -= plain + 1;
    }
    put_bytes(display, text, length);
}

void stdout_display_begin(struct stdout_display *display)
{
    char up[32];

    display->used = 0;
    display->cut = false;
    if (!display->live)
        return;
    if (display->messages != log_lines()) {
        display->messages = log_lines();
        display->drawn = 0; /* the messages are below the last drawing, and both stay */
    }
    if (display->drawn == DISPLAY_ANYWHERE)
        put(display, "\x1b[H\x1b[2J");
    else if (display->drawn > 0) {
        snprintf(up, sizeof(up), "\x1b[%uA", display->drawn);
        put(display, up);
    }
    put(display, "\r");
    display->drawn = 0;
}

void stdout_display_line(void *data, uint32_t number, const char *text)
{
    struct stdout_display *display = data;
    bool bold = display->live && number == display->bold;

    put(display, bold ? "\x1b[1m" : "");
    put(display, text);
    put(display, bold ? "\x1b[0m" : "");
    put(display, display->live ? "\x1b[K\r\n" : "\n");
    display->drawn += display->live;
}

int stdout_display_end(struct stdout_display *display)
{
    struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
    bool interrupted = false;

    put(display, display->live ? "\x1b[J" : "");
    for (size_t done = 0; done < display->used;) {
        ssize_t written;

        if (poll(&room, 1, display->patience_ms) == 0)
            return -EAGAIN;
        written = write(STDOUT_FILENO, display->text + done, display->used - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno == EIO)
            return -EPIPE; /* a terminal that was closed */
        else if (errno != EAGAIN && (errno != EINTR || interrupted))
            return -errno;
        else
            interrupted = errno == EINTR; /* the first signal only asks the writer to finish */
    }
    return display->cut ? -ENOMEM : 0;
}
