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

#include "sink/screen.h"

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

bool screen_is_live(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void screen_init(struct screen *screen, bool live)
{
    *screen = (struct screen){
        .live = live,
        .journal = journal_stream_is(STDOUT_FILENO),
        .width = SCREEN_WIDTH,
        .height = SCREEN_HEIGHT,
        .bold = UINT32_MAX,
        .patience_ms = -1,
    };
    screen_resized(screen);
}

void screen_deinit(struct screen *screen)
{
    free(screen->text);
    screen->text = NULL;
}

bool screen_resized(struct screen *screen)
{
    struct winsize size;

    if (!screen->live || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
        size.ws_row == 0 || (size.ws_col == screen->width && size.ws_row == screen->height))
        return false;
    screen->width = size.ws_col;
    screen->height = size.ws_row;
    if (screen->drawn > 0)
        screen->drawn = SCREEN_ANYWHERE;
    return true;
}

bool screen_is_gone(void)
{
    struct pollfd fd = {.fd = STDOUT_FILENO};

    return poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP | POLLNVAL);
}

static void put_bytes(struct screen *screen, const char *text, size_t length)
{
    if (length == 0)
        return;
    if (screen->used + length > screen->room) {
        size_t room = 2 * (screen->used + length);
        char *grown = realloc(screen->text, room);

        screen->cut |= !grown;
        if (!grown)
            return;
        screen->text = grown;
        screen->room = room;
    }
    memcpy(screen->text + screen->used, text, length);
    screen->used += length;
}

static void put(struct screen *screen, const char *text)
{
    size_t length = strlen(text), plain;

    while (screen->journal && (plain = journal_stream_plain(text, length)) < length) {
        put_bytes(screen, text, plain);
        put_bytes(screen, JOURNAL_STREAM_LESS, sizeof(JOURNAL_STREAM_LESS) - 1);
        text += plain + 1;
        length -= plain + 1;
    }
    put_bytes(screen, text, length);
}

void screen_begin(struct screen *screen)
{
    char up[32];

    screen->used = 0;
    screen->cut = false;
    if (!screen->live)
        return;
    if (screen->messages != log_lines()) {
        screen->messages = log_lines();
        screen->drawn = 0; /* the messages are below the last drawing, and both stay */
    }
    if (screen->drawn == SCREEN_ANYWHERE)
        put(screen, "\x1b[H\x1b[2J");
    else if (screen->drawn > 0) {
        snprintf(up, sizeof(up), "\x1b[%uA", screen->drawn);
        put(screen, up);
    }
    put(screen, "\r");
    screen->drawn = 0;
}

void screen_line(void *data, uint32_t number, const char *text)
{
    struct screen *screen = data;
    bool bold = screen->live && number == screen->bold;

    put(screen, bold ? "\x1b[1m" : "");
    put(screen, text);
    put(screen, bold ? "\x1b[0m" : "");
    put(screen, screen->live ? "\x1b[K\r\n" : "\n");
    screen->drawn += screen->live;
}

int screen_end(struct screen *screen)
{
    struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
    bool interrupted = false;

    put(screen, screen->live ? "\x1b[J" : "");
    for (size_t done = 0; done < screen->used;) {
        ssize_t written;

        if (poll(&room, 1, screen->patience_ms) == 0)
            return -EAGAIN;
        written = write(STDOUT_FILENO, screen->text + done, screen->used - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno == EIO)
            return -EPIPE; /* a terminal that was closed */
        else if (errno != EAGAIN && (errno != EINTR || interrupted))
            return -errno;
        else
            interrupted = errno == EINTR; /* the first signal only asks the writer to finish */
    }
    return screen->cut ? -ENOMEM : 0;
}
